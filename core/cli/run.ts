import { type RunRequest, runDaemon } from './daemon-entry.js';
import { EXIT_STATUS } from './exit-status.js';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, levelNamed } from './log-levels.js';
import type { Io, Verb, VerbOption, VerbValues } from './verb.js';

const LEVEL_NAMES = [...LOG_LEVELS, ...LOG_LEVELS.map((level) => level.toUpperCase())];

/** Options that `run` and circusd have in common. */
export const RUN_OPTIONS: readonly VerbOption[] = [
  { name: 'log-level', value: 'LEVEL', choices: LEVEL_NAMES, summary: "least important level that is logged (the config's, else info)" },
  {
    name: 'log-output',
    value: 'FILE',
    completes: 'files',
    summary: "where the log goes: a file, - for standard output, syslog:///dev/log?daemon (the config's, else -)",
  },
  { name: 'daemon', summary: 'run in the background; returns once it has started' },
  { name: 'respawn', summary: 'stay as a small parent that starts the supervisor again when it dies' },
  {
    name: 'pidfile',
    value: 'FILE',
    completes: 'files',
    summary: "file that holds the pid to signal while it runs (the config's, else none)",
  },
];

export const runVerb: Verb = {
  name: 'run',
  summary: 'Run what a config file describes, in the foreground',
  group: 'Daemon:',
  usage: '<file>',
  description:
    'Reads the config (YAML, JSON, TOML, a JS or TS module, or a circus.ini), starts its watchers and keeps them running. ' +
    'SIGTERM, SIGINT (Ctrl-C) and SIGQUIT stop everything gracefully; SIGHUP reloads all watchers and opens the ' +
    'log file again, but not the config: that is for `ringmaster reloadconfig`, or `plan` and `apply`.',
  options: [
    ...RUN_OPTIONS,
    {
      name: 'log-format',
      value: 'FORMAT',
      choices: LOG_FORMATS,
      summary: 'how the log is written: pretty, json, or auto: pretty on a terminal, else JSON lines (auto)',
    },
  ],
  examples: ['ringmaster run ringmaster.yaml', 'ringmaster run circus.ini --daemon --pidfile /run/rm.pid --log-output /var/log/rm.log'],
  completes: 'files',
  async run([file, ...more], values, io) {
    if (file === undefined || more.length > 0) return wantsOneFile('run', io);
    return runDaemon({ ...runRequest('ringmaster run', file, values), log_format: formatNamed(values['log-format']) }, io);
  },
};

/** What RUN_OPTIONS ask for. */
export function runRequest(program: string, file: string, values: VerbValues): Omit<RunRequest, 'log_format'> {
  const level = levelNamed(text(values['log-level']));
  const output = text(values['log-output']);
  const pidfile = text(values.pidfile);
  return {
    program,
    file,
    background: values.daemon === true,
    ...(level !== undefined && { log_level: level }),
    ...(output !== null && { log_output: output }),
    ...(pidfile !== null && { pidfile }),
  };
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function formatNamed(value: string | boolean | undefined): LogFormat {
  return LOG_FORMATS.find((format) => format === value) ?? 'auto';
}

/** Says that a verb takes one config file. */
export function wantsOneFile(verb: string, io: Io): number {
  io.stderr.write(`ringmaster ${verb}: one config file is wanted; try: ringmaster ${verb} ringmaster.yaml\n`);
  return EXIT_STATUS.usage;
}
