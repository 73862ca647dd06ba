import { expect } from 'chai';
import { ExtensionRegistry } from '../../../core/extensions.js';
import { definePlugin, type Metric, RingmasterError } from '../../../core/index.js';
import { Scope } from '../../../core/scope.js';
import { createHarness, noLeaks } from '../../../core/testing.js';
import { collectAll } from '../../../plugins/metrics/collect.js';
import { Counts } from '../../../plugins/metrics/counts.js';
import metrics from '../../../plugins/metrics/index.js';
import { prometheusText } from '../../../plugins/metrics/prometheus.js';

const metric = (name: string, collect: () => unknown): Metric => ({
  name,
  help: 'Help.',
  type: 'gauge',
  collect: collect as Metric['collect'],
});
const extension = (value: Metric) => ({ plugin: 'mine', key: value.name, value });

describe('metrics: the text for Prometheus', () => {
  it('has help, type and a line for each sample', () => {
    const samples = [{ value: 1.5, labels: { watcher: 'web', by: 'exit' } }, { value: 2 }];
    expect(prometheusText([{ name: 'a_total', help: 'A\nb\\c.', type: 'counter', samples }])).to.equal(
      '# HELP a_total A\\nb\\\\c.\n# TYPE a_total counter\na_total{watcher="web",by="exit"} 1.5\na_total 2\n',
    );
  });

  it('escapes what would end a label, and makes names of labels valid', () => {
    const samples = [
      { value: Number.NaN, labels: { 'a-b': 'x"y\\z\n', '1st': '' } },
      { value: Number.POSITIVE_INFINITY },
      { value: -1 / 0 },
    ];
    expect(
      prometheusText([{ name: 'a', help: 'A.', type: 'gauge', samples }])
        .split('\n')
        .slice(2),
    ).to.deep.equal(['a{a_b="x\\"y\\\\z\\n",_1st=""} NaN', 'a +Inf', 'a -Inf', '']);
  });
});

describe('metrics: collecting', () => {
  it('leaves out what throws or returns rubbish, and says why', () => {
    const failing = (): never => {
      throw new RingmasterError('RM_CLOSED', ['it']);
    };
    const all = [
      metric('good', () => [{ value: 1 }]),
      metric('throws', failing),
      metric('late', async () => []),
      metric('text', () => 'x'),
      metric('odd', () => [{ value: 1 }, { value: '2' }]),
      metric('labels', () => [{ value: 1, labels: { a: 1 } }]),
    ];
    const { families, unwell } = collectAll(all.map(extension));
    expect(families).to.deep.equal([{ name: 'good', help: 'Help.', type: 'gauge', samples: [{ value: 1 }] }]);
    expect(unwell.map(({ plugin, metric, why }) => `${plugin} ${metric}: ${why}`)).to.deep.equal([
      'mine labels: collect returned a list whose item 0 is none, allowed is a list of {value, labels}',
      'mine late: collect returned no list, allowed is a list of {value, labels}',
      'mine odd: collect returned a list whose item 1 is none, allowed is a list of {value, labels}',
      'mine text: collect returned x, allowed is a list of {value, labels}',
      'mine throws: it is closed',
    ]);
  });

  it('counts by watcher, and forgets a watcher that is removed', () => {
    const counts = new Counts();
    const at = { time: 0, process_pid: 1 };
    counts.add({ watcher: 'web', name: 'spawn', body: at });
    counts.add({ watcher: 'web', name: 'reap', body: { ...at, exit_code: 1 } });
    counts.add({ watcher: 'web', name: 'reap', body: { ...at, exit_code: -9 } });
    counts.add({ watcher: 'web', name: 'updated', body: { time: 0 } });
    expect(counts.of('web')).to.include({ spawned: 1, exited: 1, signalled: 1, gave_up: 0 });
    counts.add({ watcher: 'web', name: 'remove', body: { time: 0 } });
    expect(counts.of('web')).to.include({ spawned: 0, exited: 0 });
  });
});

describe('metrics', () => {
  noLeaks();

  it('tells of watchers, and what other plugins add, as text and as data', async () => {
    let ask: ((name?: string) => { text: string; metrics: readonly { name: string }[] }) | undefined;
    const other = definePlugin({
      name: 'other',
      summary: 'Adds a metric, and asks for all.',
      schema: { type: 'object', properties: {} },
      setup({ extend, extensions, supervisor }) {
        extend(
          'metric',
          metric('other_things', () => [{ value: 7 }]),
        );
        extend(
          'metric',
          metric('broken', () => null),
        );
        const commands = extensions('command');
        ask = (name) => commands.find('metrics')?.value.run({ name } as never, { supervisor }) as never;
      },
    });
    await using harness = createHarness({ config: { watchers: { web: { cmd: 'server', numprocesses: 2 } } }, plugins: [metrics, other] });
    await harness.start();
    const [pid = 0] =
      harness.supervisor
        .find('web')
        ?.processes()
        .map((process) => process.pid) ?? [];
    harness.os.exit(pid);
    await harness.clock.advanceAsync(1000);
    const { text = '', metrics: data = [] } = ask?.() ?? {};
    expect(text.split('\n')).to.include.members([
      'ringmaster_watcher_processes{watcher="web"} 2',
      'ringmaster_watcher_wanted_processes{watcher="web"} 2',
      'ringmaster_watcher_up{watcher="web"} 1',
      'ringmaster_watcher_spawns_total{watcher="web"} 3',
      'ringmaster_watcher_exits_total{watcher="web",by="exit"} 1',
      'ringmaster_watcher_exits_total{watcher="web",by="signal"} 0',
      'other_things 7',
    ]);
    expect(text)
      .to.match(/^ringmaster_daemon_rss_bytes \d{7,}$/m)
      .and.not.include('broken');
    expect(data.map(({ name }) => name)).to.include('other_things');
    expect(ask?.('other_things').metrics).to.have.length(1);
    const warned = (): readonly string[] => harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warned()).to.deep.equal([
      'metric broken of plugin "other" is left out: collect returned no list, allowed is a list of {value, labels}',
    ]);
    ask?.();
    expect(warned(), 'it is said once').to.have.length(1);
  });

  it('takes two plugins that have metrics of one name for a mistake', () => {
    const registry = new ExtensionRegistry({ error: () => {} } as never);
    const scope = new Scope('test');
    registry.extend(
      'one',
      'metric',
      metric('a', () => []),
      scope,
    );
    expect(() =>
      registry.extend(
        'two',
        'metric',
        metric('a', () => []),
        scope,
      ),
    ).to.throw('plugin "two" can\'t add the metric "a"');
    return scope.dispose();
  });
});
