import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Files that decide from plain data only: they import types, and each other. */
const PURE = [
  'core/cli/respawn/asked.ts',
  'core/cli/respawn/policy.ts',
  'core/cli/respawn/words.ts',
  'core/command-line.ts',
  'core/config/circus-ini.ts',
  'core/config/circus-python.ts',
  'core/config/circus-watcher.ts',
  'core/config/convert.ts',
  'core/config/cross-checks.ts',
  'core/config/did-you-mean.ts',
  'core/config/diff.ts',
  'core/config/expand.ts',
  'core/config/exposure.ts',
  'core/config/find-unsupported.ts',
  'core/config/fits-schema.ts',
  'core/config/fnmatch.ts',
  'core/config/ini.ts',
  'core/config/json-value.ts',
  'core/config/other-words.ts',
  'core/config/problem.ts',
  'core/config/quantity.ts',
  'core/config/schema-words.ts',
  'core/config/shell-habits.ts',
  'core/config/schema/daemon.ts',
  'core/config/schema/socket.ts',
  'core/config/schema/rlimits.ts',
  'core/config/schema/watcher.ts',
  'core/config/unsupported.ts',
  'core/config/schema/env-sources.ts',
  'core/durable/errors.ts',
  'core/env-file.ts',
  'core/errors.ts',
  'core/events.ts',
  'core/extension-points.ts',
  'core/fault-budget.ts',
  'core/freeze.ts',
  'core/hook-calls.ts',
  'core/hook-order.ts',
  'core/hook-result.ts',
  'core/hooks.ts',
  'core/isolation/messages.ts',
  'core/isolation/options.ts',
  'core/os/posix/pace.ts',
  'core/output-schema.ts',
  'core/plan-drift.ts',
  'core/plan-plugins.ts',
  'core/plan.ts',
  'core/plugin-order.ts',
  'core/request-errors.ts',
  'core/respawn.ts',
  'core/secrets.ts',
  'core/shell-words.ts',
  'core/due-heap.ts',
  'core/slot-state.ts',
  'core/slot-table.ts',
  'core/socket-plan.ts',
  'core/variables.ts',
  'core/watcher-plan.ts',
  'core/watcher-state.ts',
];
/** A table of the platform's signal numbers: no pure file, but pure files may read it. */
const TABLES = ['core/signals.ts'];

const LONGEST = 300;

/** Files that drop a rejection because somebody else is told of it. */
const TOLD_ELSEWHERE = ['core/supervisor-stop.ts', 'plugins/control/client/call.ts'];

/** Files that load the test kit when they are asked to, and name its types. */
const TESTS_PLUGINS = ['core/cli/plugin-test.ts'];

/** Time, chance and the outside world, which a pure file is given instead of asking for. */
const OUTSIDE =
  /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|process\.(?:env|cwd|on|exit|pid|kill))\b/;

/** What simulations play: the same seed has the same run only where time and chance come by ports. */
const SIMULATED = /^core\/(?:durable\/|journal\/|(?:process-group|reconciler|safety-net|slot|spawn-|supervisor-|waiters|watcher)[^/]*$)/;
const OWN_TIME_OR_CHANCE =
  /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|random(?:Bytes|UUID|Int|FillSync)|getRandomValues|node:timers)\b|(?<![\w.#])set(?:Timeout|Interval|Immediate)\(/;

interface Import {
  /** A path from the root without `./`, or a package. */
  readonly from: string;
  readonly kind: 'type' | 'value' | 'dynamic';
}

function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => posix.join(entry.parentPath.slice(ROOT.length), entry.name))
    .sort();
}

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The text of a file without its comments; texts in quotes stay. */
function codeOf(file: string): string {
  return textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function importsOf(file: string): readonly Import[] {
  const code = codeOf(file);
  const resolve = (from: string): string => (from.startsWith('.') ? posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts') : from);
  const statics = [...code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm)];
  const dynamics = [...code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)];
  const typeOnly = [...code.matchAll(/\btypeof import\('([^']+)'\)/g)].map(([, from]) => from);
  return [
    ...statics.map(([, type, from = '']): Import => ({ from: resolve(from), kind: type === undefined ? 'value' : 'type' })),
    ...dynamics.filter(([, from]) => !typeOnly.includes(from)).map(([, from = '']): Import => ({ from: resolve(from), kind: 'dynamic' })),
  ];
}

const core = filesUnder('core');
const plugins = filesUnder('plugins');
const tests = filesUnder('test');

const pluginOf = (file: string): string | undefined => /^plugins\/([^/]+)/.exec(file)?.[1];

describe('architecture', () => {
  it('reads the files that it is about', () => {
    expect(core).to.include.members([...PURE, ...TABLES, 'core/index.ts']);
    expect(plugins).to.include('plugins/control/index.ts');
    expect(importsOf('core/watcher-state.ts')).to.deep.include({ from: 'core/errors.ts', kind: 'value' });
    expect(importsOf('plugins/control/index.ts').map(({ from }) => from)).to.include('core/index.ts');
  });

  it('has plugins import of the core its public face only', () => {
    const wrong = plugins.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => from.startsWith('core/') && from !== 'core/index.ts')
        .map(({ from }) => `${file} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has plugins know nothing of each other', () => {
    const wrong = plugins.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => pluginOf(from) !== undefined && pluginOf(from) !== pluginOf(file))
        .map(({ from }) => `${file} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has the core import no plugin by a fixed path', () => {
    const wrong = core.flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => from.startsWith('plugins/'))
        .map(({ from }) => `${file} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has what ships import nothing of the tests', () => {
    const wrong = [...core, ...plugins].flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => from.startsWith('test/'))
        .map(({ from }) => `${file} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('keeps the test kit out of what runs a daemon', () => {
    const wrong = [...core, ...plugins]
      .filter((file) => !file.startsWith('core/testing'))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ from, kind }) => from.startsWith('core/testing') && !(kind !== 'value' && TESTS_PLUGINS.includes(file)))
          .map(({ from }) => `${file} imports ${from}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it('lets pure files import types, and each other', () => {
    const allowed = new Set([...PURE, ...TABLES]);
    const wrong = PURE.flatMap((file) =>
      importsOf(file)
        .filter(({ from, kind }) => kind !== 'type' && !allowed.has(from))
        .map(({ from }) => `${file} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('lets pure files ask for neither time nor chance nor the world outside', () => {
    const wrong = PURE.flatMap((file) => {
      const found = OUTSIDE.exec(codeOf(file))?.[0];
      return found === undefined ? [] : [`${file} uses ${found}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('has what is simulated ask ports for time and chance', () => {
    const simulated = core.filter((file) => SIMULATED.test(file));
    expect(simulated).to.include.members(['core/durable/holder.ts', 'core/journal/journal.ts', 'core/supervisor-life.ts']);
    const wrong = simulated.flatMap((file) => {
      const found = OWN_TIME_OR_CHANCE.exec(codeOf(file))?.[0];
      return found === undefined ? [] : [`${file} uses ${found}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it('keeps files short', () => {
    const all = [...core, ...plugins].map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }));
    expect(all.filter(({ lines }) => lines > LONGEST)).to.deep.equal([]);
  });

  it('has no any, no empty catch and no switched-off check', () => {
    const forbidden = [/(?::|<|\||\bas|,)\s*any\b(?=\s*(?:[;,)>=\]|&[{]|$))/m, /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/];
    const switches = /@ts-ignore|@ts-nocheck|biome-ignore|eslint-disable/;
    const sources = [...core, ...plugins, ...tests].filter((file) => file !== 'test/architecture.test.ts');
    const wrong = sources.flatMap((file) => {
      const found = forbidden.map((pattern) => pattern.exec(codeOf(file))?.[0]).find((text) => text !== undefined);
      const off = switches.exec(textOf(file))?.[0];
      return [found, off].filter((text) => text !== undefined).map((text) => `${file}: ${text}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('drops no rejection that nobody else is told of', () => {
    const dropping = [...core, ...plugins].filter((file) =>
      /\.catch\(\s*\(?\w*\)?\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/.test(codeOf(file)),
    );
    expect(dropping).to.deep.equal(TOLD_ELSEWHERE);
  });

  it('has no test that is left out, or that alone is run', () => {
    const wrong = tests.filter((file) =>
      /\b(?:describe|it|context)\.(?:skip|only)\(|\bthis\.skip\(\)|\bx(?:it|describe)\(/.test(codeOf(file)),
    );
    expect(wrong.filter((file) => file !== 'test/architecture.test.ts')).to.deep.equal([]);
  });

  it('names in package-lock.json no host and no path of the machine that it was made on', () => {
    const lock: { readonly packages: Readonly<Record<string, { readonly resolved?: string }>> } = JSON.parse(textOf('package-lock.json'));
    const wrong = Object.entries(lock.packages)
      .filter(
        ([path, { resolved }]) => /^\.\.|^\//.test(path) || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
      )
      .map(([path, { resolved }]) => `${path}: ${resolved ?? 'outside of the project'}`);
    expect(wrong).to.deep.equal([]);
  });
});
