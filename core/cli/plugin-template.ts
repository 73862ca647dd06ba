import { version } from './version.js';

/** What a new plugin is made of. */
export interface NewPlugin {
  /** Of the package. */
  readonly package_name: string;
  /** Of the plugin: a-z, 0-9 and _. */
  readonly name: string;
  readonly javascript: boolean;
}

/** The files of a new plugin, by path from its directory. It counts deaths, which every part of a plugin can be seen in. */
export function pluginFiles(made: NewPlugin): ReadonlyMap<string, string> {
  const { javascript } = made;
  const common = [
    ['package.json', manifest(made)],
    ['README.md', readme(made)],
    ['.gitignore', javascript ? 'node_modules/\n' : 'node_modules/\ndist/\n'],
  ] as const;
  const extension = javascript ? 'js' : 'ts';
  const sources = [
    [`src/index.${extension}`, source(made)],
    [`src/policy.${extension}`, javascript ? POLICY_JS : POLICY_TS],
    [`src/schema.${extension}`, javascript ? schema('') : schema(' as const satisfies OptionsSchema')],
    [`test/index.test.${extension}`, test(made)],
  ] as const;
  return new Map([...common, ...(javascript ? [] : [['tsconfig.json', TSCONFIG] as const]), ...sources]);
}

function manifest({ package_name, name, javascript }: NewPlugin): string {
  const entry = javascript ? './src/index.js' : './dist/src/index.js';
  const types = { '@types/chai': '^5.2.3', '@types/mocha': '^10.0.10', '@types/node': '^20.19.0' };
  const content = {
    name: package_name,
    version: '0.1.0',
    description: `Plugin ${name} of ringmaster`,
    keywords: ['ringmaster-plugin'],
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
    exports: javascript ? entry : { types: './dist/src/index.d.ts', default: entry },
    files: [javascript ? 'src' : 'dist/src'],
    scripts: javascript
      ? { test: "mocha --timeout 60000 'test/**/*.test.js'", check: 'ringmaster plugin test .' }
      : {
          build: 'tsc -p .',
          test: "npm run build && mocha --timeout 60000 'dist/test/**/*.test.js'",
          check: 'npm run build && ringmaster plugin test .',
          prepack: 'npm run build',
        },
    peerDependencies: { ringmaster: `^${version()}` },
    devDependencies: { ...(javascript ? {} : types), chai: '^6.3.0', mocha: '^12.0.3', ...(javascript ? {} : { typescript: '^7.0.2' }) },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2023", "esnext.disposable"],
    "module": "nodenext",
    "types": ["node", "mocha"],
    "rootDir": ".",
    "outDir": "dist",
    "declaration": true,
    "strict": true,
    "skipLibCheck": true
  },
  "include": ["src", "test"]
}
`;

function source({ name, javascript }: NewPlugin): string {
  const map = javascript
    ? '/** @type {Map<string, readonly number[]>} */\n    const deaths = new Map();'
    : 'const deaths = new Map<string, readonly number[]>();';
  return `import { definePlugin } from 'ringmaster';
import { deathsWithin } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: '${name}',
  summary: 'Warns of a watcher whose processes die too often.',
  schema,
  per_watcher: true,
  hooks: ['after_reap', 'watcher_removed'],
  setup({ configFor, hooks, clock, log }) {
    /** When processes died, by watcher. */
    ${map}
    hooks.after_reap.tap(({ watcher, pid }) => {
      const options = configFor(watcher);
      if (options === null) return;
      const recent = deathsWithin(deaths.get(watcher.name) ?? [], clock.now(), options.window * 1000);
      deaths.set(watcher.name, recent);
      if (recent.length > options.limit) log.warn(\`\${recent.length} processes of \${watcher.name} have died\`, { watcher: watcher.name, pid });
    });
    hooks.watcher_removed.tap(({ watcher }) => void deaths.delete(watcher.name));
  },
});
`;
}

const POLICY_TS = `/** Times of the deaths within the last \`window_ms\`, now included; oldest first. */
export function deathsWithin(before: readonly number[], now_ms: number, window_ms: number): readonly number[] {
  return [...before.filter((at_ms) => at_ms > now_ms - window_ms), now_ms];
}
`;
const POLICY_JS = `/**
 * Times of the deaths within the last \`window_ms\`, now included; oldest first.
 *
 * @param {readonly number[]} before
 * @param {number} now_ms
 * @param {number} window_ms
 */
export function deathsWithin(before, now_ms, window_ms) {
  return [...before.filter((at_ms) => at_ms > now_ms - window_ms), now_ms];
}
`;

function schema(ending: string): string {
  return `${ending === '' ? '' : "import type { OptionsSchema } from 'ringmaster';\n\n"}export const schema = ${ending === '' ? '/** @type {const} */ (' : ''}{
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 0, default: 3, description: 'How many deaths within \`window\` are nothing to warn of.' },
    window: {
      type: ['number', 'string'],
      quantity: 'duration',
      unit: 's',
      minimum: 0,
      default: 60,
      description: 'How close together those deaths are.',
    },
  },
}${ending === '' ? ')' : ending};
`;
}

function test({ name, javascript }: NewPlugin): string {
  const lines = javascript ? '(harness)' : '(harness: Harness): readonly string[]';
  return `import { expect } from 'chai';
import { createHarness, ${javascript ? '' : 'type Harness, '}testPlugin } from 'ringmaster/testing';
import plugin from '../src/index.js';
import { deathsWithin } from '../src/policy.js';

const config = { watchers: { web: { cmd: 'server' } }, plugins: { ${name}: { limit: 1, window: '10s' } } };

/** What it has warned of. */
const warnings = ${lines} => harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe('${name}', () => {
${javascript ? '  let harness;\n  afterEach(() => harness?.stop());\n\n' : ''}  it('counts the deaths within the window', () => {
    expect(deathsWithin([1000, 5000], 11_000, 10_000)).to.deep.equal([5000, 11_000]);
  });

  it('warns when processes die too often', async () => {
    ${javascript ? '' : 'await using '}harness = createHarness({ config, plugins: [plugin] });
    await harness.start();
    for (let death = 0; death < 2; death++) {
      harness.os.exit(harness.os.alive[0] ?? 0);
      await harness.clock.advanceAsync(1000);
    }
    expect(warnings(harness)).to.deep.equal(['2 processes of web have died']);
  });

  it('says nothing of deaths that are far apart', async () => {
    ${javascript ? '' : 'await using '}harness = createHarness({ config, plugins: [plugin] });
    await harness.start();
    for (let death = 0; death < 3; death++) {
      harness.os.exit(harness.os.alive[0] ?? 0);
      await harness.clock.advanceAsync(20_000);
    }
    expect(warnings(harness)).to.deep.equal([]);
  });

  it('is as a plugin should be', async () => {
    const checks = await testPlugin(plugin);
    expect(checks.flatMap(({ problems }) => problems)).to.deep.equal([]);
  });
});
`;
}

function readme({ package_name, name, javascript }: NewPlugin): string {
  return `# ${package_name}

A plugin for ringmaster: it warns of a watcher whose processes die too often.

\`\`\`yaml
plugins:
  ${package_name}: { limit: 3, window: 60s }
watchers:
  web:
    cmd: node server.js
    plugins:
      ${name}: { limit: 10 } # this watcher's own
\`\`\`

\`npx ringmaster plugins describe ${package_name}\` shows every option.

## Work on it

\`\`\`sh
npm install
npm test            # ${javascript ? 'its tests' : 'builds it and runs its tests'}, without a process
npm run check       # what is expected of every plugin
npm publish --dry-run
\`\`\`
`;
}
