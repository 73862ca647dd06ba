import { expect } from 'chai';
import { eventually, noLeaks } from '../../../core/testing.js';
import { gaugesOf, type Use } from '../../../plugins/full_stats/policy.js';
import { Real } from '../../fixtures/real.js';
import { listenOnUdp } from '../../fixtures/udp.js';

const KINDS = ['spawn_count', 'watchers_num', 'cpu_max', 'cpu_sum', 'mem_pct_max', 'mem_pct_sum', 'mem_max', 'mem_sum'];
const sleeper = { cmd: process.execPath, args: ['-e', 'setInterval(() => {}, 60000)'], numprocesses: 2 };

describe('full_stats policy', () => {
  const use = (cpu_percent: number, memory_percent: number, rss_bytes: number): Use => ({ cpu_percent, memory_percent, rss_bytes });

  it('has the most and the sum of what is used', () => {
    const gauges = gaugesOf('My Web', [use(1.5, 0.25, 1024), use(0.5, 0.5, 4096)], 7);
    expect(gauges).to.deep.equal([
      ['_stats.My Web.spawn_count', '7'],
      ['_stats.My Web.watchers_num', '2'],
      ['_stats.My Web.cpu_max', '1.5'],
      ['_stats.My Web.cpu_sum', '2.0'],
      ['_stats.My Web.mem_pct_max', '0.5'],
      ['_stats.My Web.mem_pct_sum', '0.75'],
      ['_stats.My Web.mem_max', '4096'],
      ['_stats.My Web.mem_sum', '5120'],
    ]);
  });

  it('has memory as Circus reads it from its own text: two figures after the point', () => {
    for (const [bytes, text] of [
      [28_561_408, '28563210'],
      [1000, '1000'],
      [1025, '1024'],
      [3_435_973_836, '3435973836'],
    ] as const) {
      const gauges = new Map(gaugesOf('web', [use(0, 0, bytes)], 1));
      expect(gauges.get('_stats.web.mem_max')).to.equal(text);
    }
  });

  it('says only that there is nothing where nothing runs', () => {
    expect(gaugesOf('web', [], 3)).to.deep.equal([
      ['_stats.web.spawn_count', '3'],
      ['_stats.web.watchers_num', '0'],
    ]);
  });
});

describe('full_stats', () => {
  noLeaks();

  it('sends gauges of each watcher every loop_rate', async () => {
    await using statsd = await listenOnUdp();
    const full_stats = { host: '127.0.0.1', port: statsd.port, loop_rate: 0.2, tags: 'env:test' };
    await using real = await Real.start(() => ({
      plugins: { full_stats },
      watchers: {
        web: sleeper,
        none: { cmd: 'x', autostart: false },
        off: { cmd: 'x', autostart: false, plugins: { full_stats: false } },
        own: { cmd: 'x', autostart: false, plugins: { full_stats: { tags: 'team:own' } } },
      },
    }));
    const prefix = 'circus.app.watcher._stats.';
    await eventually(() => expect(statsd.names()).to.include.members(KINDS.map((kind) => `${prefix}web.${kind}`)));
    expect(statsd.messages).to.include.members([`${prefix}web.watchers_num:2|g|#env:test`, `${prefix}none.watchers_num:0|g|#env:test`]);
    expect(statsd.messages).to.include(`${prefix}own.watchers_num:0|g|#team:own`);
    expect(statsd.names().filter((name) => name.startsWith(`${prefix}off.`))).to.deep.equal([]);
    const first = statsd.messages.find((text) => text.startsWith(`${prefix}web.mem_sum:`));
    expect(Number(/:(\d+)\|g/.exec(first ?? '')?.[1])).to.be.greaterThan(1_000_000);
    const [pid = 0] = real.pids();
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(statsd.messages).to.include(`${prefix}web.spawn_count:3|g|#env:test`));
  });
});
