import { expect } from 'chai';
import { type AnyPlugin, definePlugin } from '../../../core/index.js';
import { type ConformanceCheck, testPlugin } from '../../../core/testing.js';

const none = { type: 'object', additionalProperties: false, properties: {} } as const;

/** What each check has found that is not passed. */
function found(checks: readonly ConformanceCheck[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(checks.filter(({ ok }) => !ok).map(({ name, problems }) => [name, problems]));
}

const good = definePlugin({
  name: 'good',
  summary: 'Does as it should.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['who'],
    properties: {
      who: { type: 'string', description: 'Whom.', examples: ['bob'] },
      every: { type: ['number', 'string'], quantity: 'duration', default: '2s', description: 'How often.' },
    },
  },
  hooks: ['boot', 'before_start', 'before_shutdown'],
  async setup({ hooks, clock, scope, signal, config }) {
    for (let turn = 0; turn < 5 && !signal.aborted; turn++) await new Promise((resolve) => setImmediate(resolve));
    const interval = setInterval(() => undefined, config.every * 1000);
    scope.add('interval', () => clearInterval(interval));
    hooks.boot.tap(() => void clock.setTimeout(() => undefined, 1000));
    hooks.before_start.tap(async () => {
      await new Promise((resolve) => setImmediate(resolve));
    });
  },
});

/** A plugin with one flaw. */
function flawed(more: Partial<AnyPlugin>, setup: AnyPlugin['setup'] = () => undefined): AnyPlugin {
  const hooks: AnyPlugin['hooks'] = ['boot', 'event', 'before_start'];
  return { name: 'flawed', summary: 'Has a flaw.', schema: none, hooks, ...more, setup };
}
const withOption = (option: object, more: object = {}): Partial<AnyPlugin> => ({
  schema: { type: 'object', additionalProperties: false, properties: { speed: option as never }, ...more },
});

type Context = {
  readonly hooks: Readonly<Record<string, { tap(fn: () => unknown): Disposable }>>;
  readonly scope: { add(name: string, fn: () => unknown): unknown };
  readonly signal: AbortSignal;
  readonly configFor: unknown;
};
const setupOf = (setup: (context: Context) => unknown): AnyPlugin['setup'] => setup as AnyPlugin['setup'];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
function block(ms: number): void {
  const end_ms = performance.now() + ms;
  while (performance.now() < end_ms);
}

const leaked: NodeJS.Timeout[] = [];
let setups = 0;

/** For each flaw the check that finds it, and a word of what it says. */
const FLAWS: Readonly<Record<string, readonly [plugin: () => AnyPlugin, check: string, says: RegExp]>> = {
  'an option without a description': [() => flawed(withOption({ type: 'integer' })), 'options', /option speed has no type or no desc/],
  'an option without a type': [() => flawed(withOption({ description: 'How fast.' })), 'options', /option speed/],
  'a default that its schema does not allow': [
    () => flawed(withOption({ type: 'integer', maximum: 5, default: 7, description: 'How fast.' })),
    'defaults',
    /default of speed.*at most 5, got 7/,
  ],
  'an option that must be given, and no example of it': [
    () => flawed(withOption({ type: 'integer', description: 'How fast.' }, { required: ['speed'] })),
    'defaults',
    /plugins\.flawed\.speed is missing/,
  ],
  'a schema that takes anything': [
    () => flawed({ schema: { type: 'object', properties: {} } }),
    'unknown_options',
    /no_such_option was taken/,
  ],
  'an example that is not allowed': [
    () => flawed(withOption({ type: 'integer', default: 1, examples: ['fast'], description: 'How fast.' })),
    'samples',
    /speed must be an integer, got "fast"/,
  ],
  'a setup that throws': [
    () =>
      flawed({}, () => {
        throw new Error('no disk');
      }),
    'setup',
    /failed in setup: no disk/,
  ],
  'a tap that throws': [
    () =>
      flawed(
        {},
        setupOf(({ hooks }) =>
          hooks.event?.tap(() => {
            throw new Error('no ear');
          }),
        ),
      ),
    'setup',
    /no ear/,
  ],
  'a hook that it has not declared': [
    () =>
      flawed(
        {},
        setupOf(({ hooks }) => hooks.ready?.tap(() => undefined)),
      ),
    'hooks',
    /hook ready/,
  ],
  'per_watcher without configFor': [() => flawed({ per_watcher: true }), 'per_watcher', /never asks configFor/],
  'configFor without per_watcher': [
    () =>
      flawed(
        {},
        setupOf(({ configFor }) => void configFor),
      ),
    'per_watcher',
    /does not say per_watcher/,
  ],
  'a call that holds up everything': [
    () =>
      flawed(
        {},
        setupOf(({ hooks }) => hooks.boot?.tap(() => block(60))),
      ),
    'blocking',
    /hook boot held up everything for \d+ ms; 50 ms are allowed/,
  ],
  'a timer that goes on': [
    () =>
      flawed(
        {},
        setupOf(() => void leaked.push(setInterval(() => undefined, 60_000))),
      ),
    'leaks',
    /more of Timeout than before/,
  ],
  'a setup that works only once': [
    () => {
      setups = 0;
      return flawed(
        {},
        setupOf(() => {
          setups += 1;
          if (setups > 3) throw new Error('once is enough');
        }),
      );
    },
    'reconfigure',
    /once is enough/,
  ],
  'what is begun after the end of an await': [
    () =>
      flawed(
        {},
        setupOf(async ({ scope, signal }) => {
          let timer: NodeJS.Timeout | undefined;
          scope.add('timer', () => clearInterval(timer));
          await turn();
          if (signal.aborted) leaked.push(setInterval(() => undefined, 60_000));
          else timer = setInterval(() => undefined, 60_000);
        }),
      ),
    'disposal',
    /closed in setup, within the call: more of Timeout/,
  ],
  'an end that throws half-way': [
    () =>
      flawed(
        {},
        setupOf(({ hooks, scope }) => {
          let open = true;
          scope.add('door', () => {
            if (!open) throw new Error('the door is in the way');
          });
          hooks.before_start?.tap(async () => {
            open = false;
            await turn();
            open = true;
          });
        }),
      ),
    'disposal',
    /closed in hook before_start, step \d+.*failed in closing: the door is in the way/,
  ],
  'a rejection that nobody catches': [
    () =>
      flawed(
        {},
        setupOf(({ hooks }) => hooks.boot?.tap(() => void turn().then(() => Promise.reject(new Error('unheard'))))),
      ),
    'setup',
    /nobody caught it: unheard/,
  ],
};

describe('the conformance of plugins', () => {
  afterEach(() => {
    for (const timer of leaked.splice(0)) clearInterval(timer);
  });

  it('finds nothing in a plugin that does as it should', async () => {
    const checks = await testPlugin(good);
    expect(found(checks)).to.deep.equal({});
    expect(checks.map(({ name }) => name)).to.deep.equal([
      ...['options', 'defaults', 'unknown_options', 'samples', 'setup', 'hooks', 'per_watcher', 'blocking', 'leaks'],
      ...['reconfigure', 'disposal'],
    ]);
  });

  it('takes options that are given instead of examples', async () => {
    const problems = found(await testPlugin(good, { options: { who: 3 } }));
    expect(problems.defaults?.join()).to.match(/plugins\.good\.who must be text, got 3/);
  });

  for (const [title, [plugin, check, says]] of Object.entries(FLAWS)) {
    it(`finds ${title}, and how to mend it`, async () => {
      const mine = plugin();
      // mocha would fail the test for the rejection that is the flaw.
      const listeners = process.rawListeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      try {
        const checks = await testPlugin(mine);
        expect(Object.keys(found(checks))).to.include(check);
        expect(found(checks)[check]?.join('\n')).to.match(says);
        expect(checks.find(({ name }) => name === check)?.fix).to.match(/\S/);
      } finally {
        for (const listener of listeners) process.on('unhandledRejection', listener as NodeJS.UnhandledRejectionListener);
      }
    });
  }
});
