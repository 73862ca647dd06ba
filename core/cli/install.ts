import { execFile } from 'node:child_process';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config/schema/daemon.js';
import { messageOf, RingmasterError } from '../errors.js';
import { MAIN } from '../places.js';
import { failureLine, problemCounts } from './daemon-report.js';
import { EXIT_STATUS } from './exit-status.js';
import { wantsOneFile } from './run.js';
import { launchdPlist, type ServiceFacts, systemdUnit } from './service-file.js';
import type { Io, Verb } from './verb.js';

const FORMATS = ['systemd', 'launchd'] as const;
type Format = (typeof FORMATS)[number];

/** What is to be written where, and what has to be run then. */
interface Installation {
  readonly file: string;
  readonly text: string;
  readonly commands: readonly (readonly string[])[];
}

export const installVerb: Verb = {
  name: 'install',
  summary: 'Have systemd or launchd run a config as a service',
  group: 'Daemon:',
  usage: '<file>',
  description:
    'Checks the config and writes a unit of systemd (on macOS a property list of launchd) that runs it: started at boot, told when it is ' +
    'ready, replaced when it dies or hangs, reloaded by `systemctl reload`. Nothing is started unless --enable is given.',
  options: [
    { name: 'name', value: 'NAME', summary: "name of the service (ringmaster-FILE, by the config's name; of ringmaster.yaml: ringmaster)" },
    { name: 'user', summary: "for your own service manager instead of the system's" },
    { name: 'format', value: 'FORMAT', choices: FORMATS, summary: 'what the file is for (that of this system)' },
    { name: 'print', summary: 'write it to standard output instead' },
    { name: 'force', summary: 'replace a file that is there' },
    { name: 'enable', summary: 'start it now and at each boot' },
  ],
  examples: ['ringmaster install /etc/ringmaster.yaml --enable', 'ringmaster install ringmaster.yaml --print'],
  completes: 'files',
  async run([file, ...more], values, io) {
    if (file === undefined || more.length > 0) return wantsOneFile('install', io);
    const { formatProblem, loadConfig } = await import('../config/index.js');
    const { resolvePlugin } = await import('../plugin-resolve.js');
    const { DEFAULT_PLUGINS: standing } = await import('./daemon-plugins.js');
    const { config, problems } = await loadConfig(file, { resolvePlugin, standing });
    for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`);
    if (config === null) {
      io.stderr.write(`ringmaster install: ${file} has ${problemCounts(problems)}; nothing was installed\n`);
      return EXIT_STATUS.config;
    }
    const fallback = process.platform === 'darwin' ? 'launchd' : 'systemd';
    const format = FORMATS.find((name) => name === values.format) ?? fallback;
    const path = await realpath(file);
    const name = typeof values.name === 'string' ? values.name : nameOf(path);
    if (!/^[A-Za-z0-9][\w.@-]*$/.test(name)) {
      io.stderr.write(`ringmaster install: --name must be made of letters, digits, ".", "_", "-" and "@", got "${name}"\n`);
      return EXIT_STATUS.usage;
    }
    const { text, ...where } = installation(format, factsOf(config, name, path, values.user === true));
    if (values.print === true) {
      io.stdout.write(text);
      return EXIT_STATUS.ok;
    }
    try {
      await write(where.file, text, values.force === true);
      io.stdout.write(`${where.file} written\n`);
      if (values.enable === true) await runAll(where.commands, io);
      else io.stdout.write(`try: ${where.commands.map((words) => words.join(' ')).join(' && ')}\n`);
    } catch (error) {
      io.stderr.write(failureLine('ringmaster install', error));
      return EXIT_STATUS.failed;
    }
    return EXIT_STATUS.ok;
  },
};

function nameOf(config: string): string {
  const stem = basename(config, extname(config)).replaceAll(/[^\w.-]/g, '-');
  return stem === 'ringmaster' ? stem : `ringmaster-${stem}`;
}

function factsOf(config: Config, name: string, path: string, user: boolean): ServiceFacts {
  // Tiers of one priority stop one after the other, the processes of a tier at once.
  const tiers = new Map<number, number>();
  for (const { priority, graceful_timeout } of Object.values(config.watchers)) {
    tiers.set(priority, Math.max(tiers.get(priority) ?? 0, graceful_timeout));
  }
  const stop_s = [...tiers.values()].reduce((sum, seconds) => sum + seconds, 0);
  const durable = config.durable === true || Object.values(config.watchers).some((watcher) => watcher.durable === true);
  return { name, node: process.execPath, main: MAIN, config: path, endpoint: config.endpoint, stop_s, durable, user };
}

function installation(format: Format, facts: ServiceFacts): Installation {
  const { name, user } = facts;
  if (format === 'launchd') {
    const file = join(user ? join(homedir(), 'Library/LaunchAgents') : '/Library/LaunchDaemons', `${name}.plist`);
    return { file, text: launchdPlist(facts), commands: [['launchctl', 'load', '-w', file]] };
  }
  const directory = user ? join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'systemd/user') : '/etc/systemd/system';
  const systemctl = ['systemctl', ...(user ? ['--user'] : [])];
  const commands = [
    [...systemctl, 'daemon-reload'],
    [...systemctl, 'enable', '--now', name],
  ];
  return { file: join(directory, `${name}.service`), text: systemdUnit(facts), commands };
}

/** @throws RM_FILE_EXISTS, RM_FILE_WRITE */
async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: force ? 'w' : 'wx', mode: 0o644 });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw new RingmasterError('RM_FILE_EXISTS', [file], { cause });
    throw new RingmasterError('RM_FILE_WRITE', [file, messageOf(cause)], { cause });
  }
}

/** @throws RM_COMMAND_FAILED for the first that fails */
async function runAll(commands: readonly (readonly string[])[], io: Io): Promise<void> {
  for (const [program = '', ...args] of commands) {
    try {
      await promisify(execFile)(program, args);
    } catch (cause) {
      throw new RingmasterError('RM_COMMAND_FAILED', [[program, ...args].join(' '), messageOf(cause)], { cause });
    }
    io.stdout.write(`${[program, ...args].join(' ')}: done\n`);
  }
}
