import { counted, problemCounts } from './daemon-report.js';
import { EXIT_STATUS } from './exit-status.js';
import { wantsOneFile } from './run.js';
import type { Verb } from './verb.js';
import { version } from './version.js';

export const checkVerb: Verb = {
  name: 'check',
  summary: 'Show every problem of a config file',
  group: 'Daemon:',
  usage: '<file>',
  description:
    'Reads the config as `run` would and prints each problem with its place, what was found and what is allowed. ' +
    'The exit status is 78 if there are errors; warnings alone are fine.',
  options: [{ name: 'json', summary: 'print one JSON object, with the versions of this program and of its journal' }],
  examples: ['ringmaster check ringmaster.yaml', 'ringmaster check circus.ini --json | jq .problems'],
  completes: 'files',
  async run([file, ...more], values, io) {
    if (file === undefined || more.length > 0) return wantsOneFile('check', io);
    const { formatProblem, loadConfig } = await import('../config/index.js');
    const { resolvePlugin } = await import('../plugin-resolve.js');
    const { DEFAULT_PLUGINS: standing } = await import('./daemon-plugins.js');
    const { JOURNAL_VERSION } = await import('../journal/journal.js');
    const { config, problems, files } = await loadConfig(file, { resolvePlugin, standing, host: true, examine: true });
    if (values.json === true) {
      io.stdout.write(
        `${JSON.stringify({ version: version(), journal: JOURNAL_VERSION, file, files, ok: config !== null, problems }, null, 2)}\n`,
      );
    } else {
      for (const problem of problems) io.stdout.write(`${formatProblem(problem)}\n`);
      const contents = config === null ? [] : [counted(Object.keys(config.watchers).length, 'watcher')];
      io.stdout.write(`${file}: ${[problemCounts(problems), ...contents].join('; ')}\n`);
    }
    return config === null ? EXIT_STATUS.config : EXIT_STATUS.ok;
  },
};
