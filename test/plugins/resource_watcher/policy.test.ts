import { expect } from 'chai';
import {
  type Counts,
  countLook,
  excessesOf,
  type Figures,
  type ProcessFigures,
  subjectsOf,
} from '../../../plugins/resource_watcher/policy.js';
import type { Options } from '../../../plugins/resource_watcher/schema.js';

const OPTIONS: Options = {
  watcher: 'web',
  service: null,
  loop_rate: 60,
  max_cpu: null,
  min_cpu: null,
  max_mem: null,
  min_mem: null,
  health_threshold: null,
  max_count: 3,
  process_children: false,
  child_signal: 15,
  max_rss: null,
  max_pss: null,
  max_fds: null,
  max_threads: null,
  per: 'process',
  action: 'restart',
  signal: 15,
  application_name: 'app',
  host: 'localhost',
  port: 8125,
  sample_rate: 1,
  tags: '',
};
const NOTHING: Figures = { cpu_percent: 0, mem_percent: 0, rss_bytes: 0, pss_bytes: null, fds: null, threads: null };
const process = (pid: number, figures: Partial<ProcessFigures>): ProcessFigures => ({ ...NOTHING, children: [], pid, ...figures });

describe('resource_watcher policy', () => {
  const cases: readonly [Partial<Options>, Partial<Figures>, readonly string[]][] = [
    [{ max_cpu: 90 }, { cpu_percent: 90 }, []],
    [{ max_cpu: 90 }, { cpu_percent: 90.1 }, ['max_cpu']],
    [{ max_cpu: 0 }, { cpu_percent: 100 }, []],
    [{ min_cpu: 5 }, { cpu_percent: 5 }, ['min_cpu']],
    [{ min_cpu: 5 }, { cpu_percent: 5.1 }, []],
    [{ min_cpu: 0 }, { cpu_percent: 0 }, ['min_cpu']],
    [{ max_mem: 90 }, { mem_percent: 91, rss_bytes: 5 }, ['max_mem']],
    [{ max_mem: 90 }, { mem_percent: 89, rss_bytes: 5_000_000 }, []],
    [{ max_mem: 1_048_576 }, { mem_percent: 99, rss_bytes: 1_048_576 }, []],
    [{ max_mem: 1_048_576 }, { mem_percent: 1, rss_bytes: 1_048_577 }, ['max_mem']],
    [{ min_mem: 10 }, { mem_percent: 9, rss_bytes: 5_000_000 }, ['min_mem']],
    [{ min_mem: 10 }, { mem_percent: 10 }, []],
    [{ min_mem: 4096 }, { mem_percent: 50, rss_bytes: 4095 }, ['min_mem']],
    [{ health_threshold: 75 }, { cpu_percent: 100, mem_percent: 51 }, ['health_threshold']],
    [{ health_threshold: 75 }, { cpu_percent: 100, mem_percent: 50 }, []],
    [{ max_rss: 1000, max_mem: 90 }, { rss_bytes: 1001, mem_percent: 1 }, ['max_rss']],
    [{ max_pss: 1000 }, { pss_bytes: 1001 }, ['max_pss']],
    [{ max_pss: 1000, max_fds: 1, max_threads: 1 }, {}, []],
    [{ max_fds: 10 }, { fds: 11 }, ['max_fds']],
    [{ max_threads: 10 }, { threads: 11 }, ['max_threads']],
    [{ max_cpu: 90, max_threads: 1, max_fds: 100 }, { cpu_percent: 99, threads: 2, fds: 100 }, ['max_cpu', 'max_threads']],
  ];
  for (const [options, figures, expected] of cases) {
    it(`finds ${expected.join(' and ') || 'nothing'} with ${JSON.stringify(options)} at ${JSON.stringify(figures)}`, () => {
      const all = { ...NOTHING, ...figures };
      expect(excessesOf({ most: all, least: all }, { ...OPTIONS, ...options }).map(({ limit }) => limit)).to.deep.equal(expected);
    });
  }

  const two = [process(1, { cpu_percent: 80, rss_bytes: 10, fds: 3 }), process(2, { cpu_percent: 5, rss_bytes: 90 })];
  const subjects = (options: Partial<Options>): unknown =>
    subjectsOf(two, { ...OPTIONS, ...options }).map(({ key, pids, most, least }) => [key, pids, most.cpu_percent, least.cpu_percent]);

  it('takes the greatest and the least of all processes for a restart, as Circus does', () => {
    expect(subjects({})).to.deep.equal([['watcher', [1, 2], 80, 5]]);
  });

  it('takes the sum per watcher, of what is known', () => {
    expect(subjects({ per: 'watcher', action: 'signal' })).to.deep.equal([['watcher', [1, 2], 85, 85]]);
    const [whole] = subjectsOf(two, { ...OPTIONS, per: 'watcher' });
    expect(whole?.most).to.include({ fds: 3, threads: null, rss_bytes: 100 });
  });

  it('takes each process for itself where single processes are dealt with', () => {
    for (const action of ['replace', 'signal', 'event'] as const) {
      expect(subjects({ action })).to.deep.equal([
        ['process 1', [1], 80, 80],
        ['process 2', [2], 5, 5],
      ]);
    }
  });

  it('takes each child for itself, where children are asked for', () => {
    const parent = process(1, { children: [process(7, { cpu_percent: 99 })] });
    expect(subjectsOf([parent], OPTIONS)).to.have.length(1);
    const [, child] = subjectsOf([parent], { ...OPTIONS, process_children: true });
    expect(child).to.include({ key: 'child 7', kind: 'child', parent: 1 });
  });

  it('finds nothing wrong with a watcher that has no processes', () => expect(subjectsOf([], OPTIONS)).to.deep.equal([]));

  it('acts when a limit was passed once more than max_count times in a row, and counts anew then', () => {
    const high = { limit: 'max_cpu', allowed: 90, found: 99 };
    const other = { limit: 'max_mem', allowed: 90, found: 99 };
    const run = (looks: readonly (readonly (typeof high)[])[], max_count: number): string[] => {
      let counts: Counts = {};
      return looks.map((excesses) => {
        const result = countLook(counts, excesses, max_count);
        counts = result.counts;
        return result.tripped?.limit ?? '-';
      });
    };
    expect(run([[high], [high], [high], [high], [high]], 3)).to.deep.equal(['-', '-', '-', 'max_cpu', '-']);
    expect(run([[high], [high], [], [high], [high], [high]], 2)).to.deep.equal(['-', '-', '-', '-', '-', 'max_cpu']);
    expect(run([[high], [other], [high], [high, other]], 1)).to.deep.equal(['-', '-', '-', 'max_cpu']);
    expect(run([[other], []], 0)).to.deep.equal(['max_mem', '-']);
  });
});
