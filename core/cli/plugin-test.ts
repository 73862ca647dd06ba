import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ConformanceCheck } from '../testing.js';
import { EXIT_STATUS } from './exit-status.js';
import { pluginNamed } from './plugin-source.js';
import type { Verb } from './verb.js';

/** Columns of the names of checks. */
const WIDTH = 16;

export const pluginTestVerb: Verb = {
  name: 'plugin test',
  summary: 'Check whether a plugin is as a plugin should be',
  group: 'Plugins:',
  usage: '<directory|file|package> [<option>=<value>…]',
  description:
    'Looks at the definition of a plugin, lets it live on a fake operating system and a virtual clock, sets it up again and again, and ' +
    'closes it at every await of its setup, its hooks and its timers. No daemon is needed and no process is started. Each check is a ' +
    'line; the exit status is 1 where one is not passed. OPTION=VALUE sets it up with other options; a value that is JSON is read as JSON.',
  options: [{ name: 'json', summary: 'print one JSON object' }],
  examples: ['ringmaster plugin test .', 'ringmaster plugin test ./plugins/mine.js url=http://127.0.0.1:8080/'],
  completes: 'files',
  async run([name, ...words], values, io) {
    const wrong = words.find((word) => word.indexOf('=') < 1);
    if (name === undefined || wrong !== undefined) {
      const why = wrong === undefined ? 'a directory, file or package is wanted' : `an option must be NAME=VALUE, got "${wrong}"`;
      io.stderr.write(`ringmaster plugin test: ${why}\n`);
      return EXIT_STATUS.usage;
    }
    const plugin = await pluginNamed(existsSync(name) ? resolve(name) : name, 'plugin test', io);
    if (typeof plugin === 'number') return plugin;
    const { testPlugin } = await import('../testing.js');
    const checks = await inOwnDirectory(() => testPlugin(plugin, { options: Object.fromEntries(words.map(optionOf)) }));
    const ok = checks.every((check) => check.ok);
    if (values.json === true) io.stdout.write(`${JSON.stringify({ plugin: plugin.name, ok, checks }, null, 2)}\n`);
    else io.stdout.write(report(plugin.name, checks));
    return ok ? EXIT_STATUS.ok : EXIT_STATUS.failed;
  },
};

/** Sockets that plugins open by default are to be nobody else's. */
async function inOwnDirectory<T>(run: () => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'ringmaster-plugin-test-'));
  const before = process.env.RINGMASTER_RUNTIME_DIR;
  process.env.RINGMASTER_RUNTIME_DIR = directory;
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env.RINGMASTER_RUNTIME_DIR;
    else process.env.RINGMASTER_RUNTIME_DIR = before;
    await rm(directory, { recursive: true, force: true });
  }
}

function optionOf(word: string): readonly [string, unknown] {
  const at = word.indexOf('=');
  const text = word.slice(at + 1);
  try {
    return [word.slice(0, at), JSON.parse(text)];
  } catch {
    return [word.slice(0, at), text];
  }
}

function report(name: string, checks: readonly ConformanceCheck[]): string {
  const lines = checks.flatMap(({ name: check, summary, ok, problems, fix }) => [
    `${ok ? 'ok  ' : 'FAIL'} ${check.padEnd(WIDTH)} ${summary}`,
    ...problems.map((problem) => `     ${problem}`),
    ...(ok ? [] : [`     to mend it: ${fix}`]),
  ]);
  const failed = checks.filter(({ ok }) => !ok).length;
  const end = failed === 0 ? `${checks.length} checks, all passed` : `${failed} of ${checks.length} checks failed`;
  return `${[...lines, `plugin ${name}: ${end}`].join('\n')}\n`;
}
