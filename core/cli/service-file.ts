/** What a service manager has to know to run a supervisor. */
export interface ServiceFacts {
  /** Of the config, for the description. */
  readonly name: string;
  /** Absolute paths. */
  readonly node: string;
  readonly main: string;
  readonly config: string;
  /** Address of the control endpoint where the config names one. */
  readonly endpoint: string | null;
  /** How long a graceful stop may take, in seconds. */
  readonly stop_s: number;
  /** Whether any process is to outlive a crash of the daemon. */
  readonly durable: boolean;
  /** For the user's own service manager instead of the system's. */
  readonly user: boolean;
}

/** Seconds of silence after which systemd replaces the daemon. */
const WATCHDOG_S = 30;
/** Beyond the graceful timeouts, in seconds. */
const MARGIN_S = 10;

/** A unit for systemd. @source systemd.service(5), systemd.kill(5) */
export function systemdUnit({ name, node, main, config, endpoint, stop_s, durable, user }: ServiceFacts): string {
  const kill_mode = durable
    ? '# The daemon stops its processes itself; those of one that has crashed are for the next one to take over.\nKillMode=process'
    : '# The daemon stops its processes itself; whatever is left then is killed.\nKillMode=mixed';
  const command = (words: readonly string[]): string => words.map(quoted).join(' ');
  const at = endpoint === null ? [] : ['--endpoint', endpoint];
  const directory = config.slice(0, config.lastIndexOf('/')) || '/';
  return `[Unit]
Description=Process supervisor ${name}
${user ? '' : 'After=network-online.target\nWants=network-online.target\n'}# What has no supervisor is never left without one for good.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
SyslogIdentifier=${name}
WorkingDirectory=${escaped(directory)}
ExecStart=${command([node, main, 'run', config])}
ExecReload=${command([node, main, 'reloadconfig', '--waiting', ...at])}
${kill_mode}
TimeoutStopSec=${Math.ceil(stop_s) + MARGIN_S}
WatchdogSec=${WATCHDOG_S}
Restart=on-failure
RestartSec=1
# Another start would fail as well: wrong usage, an error in the config.
RestartPreventExitStatus=2 78
# Ends the daemon only while it starts or is upgraded, which systemd would take for an orderly end.
RestartForceExitStatus=SIGHUP
# A process that is killed for want of memory is replaced by the daemon; it is no reason to stop all.
OOMPolicy=continue
TasksMax=infinity
LimitNOFILE=65536

[Install]
WantedBy=${user ? 'default.target' : 'multi-user.target'}
`;
}

/** A property list for launchd. @source launchd.plist(5) */
export function launchdPlist({ name, node, main, config, stop_s }: ServiceFacts): string {
  const text = (value: string): string => `<string>${markup(value)}</string>`;
  const directory = config.slice(0, config.lastIndexOf('/')) || '/';
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>${text(name)}
  <key>ProgramArguments</key>
  <array>${[node, main, 'run', config].map(text).join('')}</array>
  <key>WorkingDirectory</key>${text(directory)}
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ExitTimeOut</key><integer>${Math.ceil(stop_s) + MARGIN_S}</integer>
  <key>SoftResourceLimits</key><dict><key>NumberOfFiles</key><integer>65536</integer></dict>
</dict>
</plist>
`;
}

/** One word of a command line of systemd, where % and $ mean something. @source systemd.service(5), COMMAND LINES */
function quoted(word: string): string {
  const safe = escaped(word).replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
