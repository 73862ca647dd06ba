import { parseArguments } from './arguments.js';
import { runDaemon } from './daemon-entry.js';
import { EXIT_STATUS } from './exit-status.js';
import { RUN_OPTIONS, runRequest } from './run.js';
import type { Program, VerbOption } from './verb.js';
import { version } from './version.js';

const OPTIONS: readonly VerbOption[] = [
  ...RUN_OPTIONS,
  {
    name: 'logger-config',
    value: 'FILE',
    completes: 'files',
    summary: 'configuration of Python logging, of which level and place are taken',
  },
  { name: 'version', summary: 'print the version' },
  { name: 'help', summary: 'print this help' },
];

/** circusd with Circus's flags. */
export const circusd: Program = {
  name: 'circusd',
  options: OPTIONS,
  verbs: [],
  completes: 'files',
  async run(args, io) {
    const { values, positionals, problems } = parseArguments(args, OPTIONS);
    const surplus = positionals.slice(1).map((word) => `unrecognized arguments: ${word}`);
    const [problem] = [...problems, ...surplus];
    if (problem !== undefined) {
      io.stderr.write(`${usageLine()}\ncircusd: error: ${problem}\n`);
      return EXIT_STATUS.usage;
    }
    const [file] = positionals;
    if (values.help === true) io.stdout.write(helpText());
    else if (values.version === true) io.stdout.write(`${version()}\n`);
    else if (file === undefined) io.stdout.write(`${usageLine()}\n`);
    else {
      const logger_config = values['logger-config'];
      const request = { ...runRequest('circusd', file, values), log_format: 'auto' } as const;
      return runDaemon({ ...request, ...(typeof logger_config === 'string' && { logger_config }) }, io);
    }
    return EXIT_STATUS.ok;
  },
};

function usageLine(): string {
  const options = OPTIONS.map(({ name, value }) => `[--${name}${value === undefined ? '' : ` ${value}`}]`);
  return `usage: circusd ${options.join(' ')} [config]`;
}

function helpText(): string {
  const rows = OPTIONS.map(({ name, value, summary }) => [`--${name}${value === undefined ? '' : ` ${value}`}`, summary] as const);
  const width = Math.max(...rows.map(([option]) => option.length));
  const lines = rows.map(([option, summary]) => `  ${option.padEnd(width)}  ${summary}`);
  return `${usageLine()}\n\nRuns the watchers of a config file; \`ringmaster run\` is the same by its new name.\n\n${lines.join('\n')}\n`;
}
