import { expect } from 'chai';
import { type Checks, definePlugin, type ObservedCheck, type ProbeType, type StatsdClient } from '../../../core/index.js';
import { createHarness, type Harness, noLeaks } from '../../../core/testing.js';
import checks from '../../../plugins/checks/index.js';

const schema = { type: 'object', properties: { thing: { type: 'string', default: '' } } } as const;

/** An observer of things, and what it looks at and counts; a thing whose name begins with `bad` fails. */
function observing(config: object, watchers: Record<string, object>) {
  const looked: string[] = [];
  const counted: string[] = [];
  const look: ProbeType = {
    name: 'look',
    summary: 'Looks at a thing.',
    schema,
    async probe({ thing }: { thing: string }) {
      looked.push(thing);
      if (thing.startsWith('bad')) throw new Error(`${thing} is bad`);
    },
  };
  const observer = definePlugin({
    name: 'observer',
    summary: 'Looks at things.',
    per_watcher: true,
    requires: ['checks'],
    probes: [look],
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        things: { type: 'array', items: { type: 'string' }, default: [], description: 'Things.' },
        unnamed: { type: ['string', 'null'], default: null, description: 'One more.' },
        watcher: { type: ['string', 'null'], default: null, description: 'Whom they concern.' },
        loop_rate: { type: 'number', default: 1, description: 'Seconds.' },
      },
    },
    setup({ config: own, configFor, service, scope, extend }) {
      extend('probe', look);
      const whole = (options: typeof own) => ({
        ...{ ...options, timeout: 0.5, application_name: 'o', host: 'h', port: 1, sample_rate: 1, tags: '' },
      });
      const wholes = new Map<object, ReturnType<typeof whole>>();
      const of = (options: typeof own) => {
        const known = wholes.get(options) ?? whole(options);
        wholes.set(options, known);
        return known;
      };
      const client: StatsdClient = {
        increment: (name) => counted.push(name),
        gauge: () => undefined,
        timing: () => undefined,
        close: async () => undefined,
      };
      const loops = service<Checks>('checks').observe({
        type: 'look',
        figures: 'looks',
        config: of(own),
        configFor(watcher) {
          const options = configFor(watcher);
          return options && of(options);
        },
        statsd: { to: () => client, close: async () => undefined },
        checks({ things, unnamed, watcher }): readonly ObservedCheck[] {
          const check = (name: string | null, thing: string): ObservedCheck => ({
            ...{ name, title: `look at ${thing}`, options: { thing }, failures: 1, action: 'restart', watcher },
          });
          return [...(unnamed === null ? [] : [check(null, unnamed)]), ...things.map((thing) => check(thing, thing))];
        },
        passed: (figures) => figures.increment('seen'),
      });
      scope.add('loops', () => loops[Symbol.asyncDispose]());
    },
  });
  const harness = createHarness({ config: { watchers, plugins: { observer: config } }, plugins: [checks, observer] });
  const takes = async (ms: number): Promise<readonly string[]> => {
    looked.length = 0;
    await harness.clock.advanceAsync(ms);
    return [...new Set(looked)].sort();
  };
  return { harness, counted, takes };
}

const stops = (harness: Harness, name: string): number => harness.events.names(name).filter((event) => event === 'stop').length;

describe('what an observer looks at', () => {
  noLeaks();

  it('are the things of its options, and those of watchers, which act on their watcher', async () => {
    const { harness, counted, takes } = observing(
      { things: ['a'] },
      { web: { cmd: 'web', plugins: { observer: { things: ['bad b'], unnamed: 'c' } } }, db: { cmd: 'db' } },
    );
    await using _ = harness;
    await harness.start();
    expect(await takes(1500)).to.deep.equal(['a', 'bad b', 'c']);
    expect(counted).to.include.members(['looks.a.seen', 'looks.web.seen', 'looks.web.bad b.error', 'looks.web.bad b.restart_on_error']);
    expect([stops(harness, 'web'), stops(harness, 'db')]).to.deep.equal([1, 0]);
    expect(harness.lines.map(({ message }) => message)).to.include('look at bad b for web failed: bad b is bad; restart of web');
  });

  it('are not those of a watcher that has switched it off', async () => {
    const { harness, takes } = observing({ things: ['a'], watcher: 'web' }, { web: { cmd: 'web', plugins: { observer: false } } });
    await using _ = harness;
    await harness.start();
    expect(await takes(2500)).to.deep.equal([]);
  });

  it('keep the pace of the watcher that they concern', async () => {
    const { harness, takes } = observing(
      { things: ['a'], watcher: 'WEB' },
      { web: { cmd: 'web', plugins: { observer: { loop_rate: 10 } } } },
    );
    await using _ = harness;
    await harness.start();
    expect(await takes(9000)).to.deep.equal([]);
    expect(await takes(2000)).to.deep.equal(['a']);
  });

  it('follow watchers that come, are set and go, and what is as before goes on', async () => {
    const { harness, takes } = observing({ things: ['a'] }, { web: { cmd: 'web' } });
    await using _ = harness;
    await harness.start();
    await harness.clock.advanceAsync(500);
    harness.supervisor.add('db', { cmd: 'db', plugins: { observer: { things: ['b'] } } });
    expect(await takes(600)).to.deep.equal(['a']);
    expect(await takes(1000)).to.deep.equal(['a', 'b']);
    await harness.until(harness.supervisor.find('web')?.set({ 'observer.things': ['c'] }) ?? Promise.reject(new Error('no web')));
    expect(await takes(1100)).to.deep.equal(['a', 'b', 'c']);
    await harness.until(harness.supervisor.remove('db'));
    await harness.until(harness.supervisor.find('web')?.set({ 'observer.things': ['d'] }) ?? Promise.reject(new Error('no web')));
    expect(await takes(1100)).to.deep.equal(['a', 'd']);
  });
});
