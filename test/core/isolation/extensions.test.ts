import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { checkConfig, definePlugin, type Extensions, messageOf, Supervisor } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, type LogLine, noLeaks, recordingLogger, rejects } from '../../../core/testing.js';

const ADDS = resolve('test/fixtures/plugins/isolation/adds.js');
const POINTS = ['command', 'metric', 'route', 'probe', 'config_source'] as const;

interface Added {
  readonly supervisor: Supervisor;
  readonly points: { readonly [P in (typeof POINTS)[number]]: Extensions<P> };
  /** How often the source of watchers has said that it changed. */
  readonly changes: () => number;
}

/** A supervisor with the plugin under this tier, and what another plugin sees of what it adds. */
async function added(isolation: string, options: object = {}): Promise<Added & AsyncDisposable> {
  let points: Added['points'] | undefined;
  let changes = 0;
  const looks = definePlugin({
    name: 'looks',
    summary: 'Makes use of what others add.',
    schema: { type: 'object', properties: {} },
    setup({ extensions }) {
      const of = extensions('config_source');
      of.onChange(({ change, extension }) => {
        if (change === 'added') extension.value.watch?.(() => changes++);
      });
      points = {
        command: extensions('command'),
        metric: extensions('metric'),
        route: extensions('route'),
        probe: extensions('probe'),
        config_source: of,
      };
    },
  });
  const supervisor = new Supervisor({ plugins: { [ADDS]: { isolation, ...options } } }, { plugins: [looks] });
  await supervisor.start();
  if (points === undefined) throw new Error('not set up');
  return { supervisor, points, changes: () => changes, [Symbol.asyncDispose]: () => supervisor.stop() };
}

function keysOf(points: Added['points']): readonly (readonly string[])[] {
  return POINTS.map((point) =>
    points[point].list().map(({ plugin, key }: { readonly plugin: string; readonly key: string }) => `${plugin} ${key}`),
  );
}

/** What the functions of the contributions come to. */
async function used({ points }: Added): Promise<readonly unknown[]> {
  const answerOf = async (fn: () => unknown): Promise<unknown> => {
    try {
      return await fn();
    } catch (error) {
      return messageOf(error);
    }
  };
  const greet = points.command.find('greet')?.value as { run(properties: object, context: object): unknown };
  const supervisor = { watchers: () => [] };
  const probe = points.probe.find('odd')?.value.probe as (options: object, signal: AbortSignal) => Promise<unknown>;
  const { signal } = new AbortController();
  const request = { method: 'GET', path: '/adds', headers: { host: 'h' }, body: '', query: new URLSearchParams('a=b'), signal };
  return [
    keysOf(points),
    await answerOf(() => greet.run({ who: 'bob' }, { supervisor })),
    await answerOf(() => greet.run({ who: 'nobody' }, { supervisor })),
    await answerOf(() => probe({ number: 3 }, signal)),
    await answerOf(() => probe({ number: 4 }, signal)),
    await answerOf(() => points.route.find('GET /adds')?.value.handle(request)),
    await answerOf(() => points.config_source.find('elsewhere')?.value.read()),
    await answerOf(() => points.metric.find('reads')?.value.collect()),
  ];
}

describe('what a plugin adds under each tier', () => {
  noLeaks();

  for (const tier of ['none', 'worker', 'process']) {
    it(`is the same for others: ${tier}`, async () => {
      await using plugin = await added(tier);
      expect(await used(plugin)).to.deep.equal([
        [['adds greet'], ['adds reads'], ['adds GET /adds'], ['adds odd'], ['adds elsewhere']],
        { text: 'greet bob 0' },
        'nobody is there',
        undefined,
        '4 is even',
        { status: 201, body: 'b h false' },
        { watchers: { read1: { cmd: 'sleep 86400' } } },
        [{ value: 1, labels: { of: 'adds' } }],
      ]);
      await eventually(() => plugin.changes() === 1);
    });
  }

  for (const tier of ['none', 'worker', 'process']) {
    it(`is known to the check of configs: ${tier}`, async () => {
      const odd = { type: 'odd', options: { number: 'three' } };
      const { problems } = await checkConfig({ plugins: { checks: { probes: { odd } }, [ADDS]: { isolation: tier } } }, { resolvePlugin });
      expect(problems.map(({ path, found }) => `${path} ${found}`)).to.deep.equal(['plugins.checks.probes.odd.options.number "three"']);
    });
  }

  for (const tier of ['worker', 'process']) {
    it(`stays while its guest is started again, and says so meanwhile: ${tier}`, async () => {
      await using plugin = await added(tier);
      const before = keysOf(plugin.points);
      const run = plugin.points.command.find('greet')?.value.run as (properties: object) => Promise<unknown>;
      await run({ who: 'end' }).then(
        () => expect.fail('it answered'),
        (error: unknown) => expect(messageOf(error)).to.include('ended with status 1'),
      );
      expect(await run({ who: 'bob' }).catch((error: unknown) => messageOf(error))).to.include('is started again');
      await eventually(() => run({ who: 'bob' }), { what: 'an answer of the next guest' });
      expect(keysOf(plugin.points)).to.deep.equal(before);
    });

    it(`can not be a type of destination for output: ${tier}`, async () => {
      const error = await rejects(added(tier, { stream: true }), 'RM_PLUGIN_FAILED');
      expect(messageOf(error.cause)).to.include('it adds to "stream", and from outside of the daemon it can add only to command, metric');
    });
  }

  it('is withdrawn with it', async () => {
    await using plugin = await added('worker');
    await plugin.supervisor.removePlugin('adds');
    expect(keysOf(plugin.points).flat()).to.deep.equal([]);
  });

  it('and can not be added ends that guest, and there is never a second one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lives-'));
    const lives = join(directory, 'pids');
    const taken = definePlugin({
      name: 'has_it',
      summary: 'Has the name first.',
      schema: { type: 'object', properties: {} },
      setup({ extend }) {
        const nothing = { type: 'object', properties: {} } as const;
        extend('command', { name: 'taken', summary: 'Taken.', request: nothing, reply: nothing, run: () => ({}) });
      },
    });
    const lines: LogLine[] = [];
    const file = resolve('test/fixtures/plugins/isolation/fails-again.js');
    const config = { plugins: { [file]: { isolation: 'process', lives } } };
    {
      await using supervisor = new Supervisor(config, { plugins: [taken], log: recordingLogger(lines) });
      await supervisor.start();
      await eventually(() => lines.some(({ message }) => message.startsWith('its guest is up again')));
    }
    const pids = readFileSync(lives, 'utf8').trim().split('\n');
    expect(pids).to.have.length(3);
    expect(lines.filter(({ message }) => message.includes('is started again in'))).to.have.length(2);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).to.deep.equal([]);
    rmSync(directory, { recursive: true });
  });
});
