import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig, systemClock } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { createHarness, eventually, type Harness, noLeaks } from '../../../core/testing.js';
import { resourceWatcher } from '../../../plugins/resource_watcher/plugin.js';
import type { ProcessFigures } from '../../../plugins/resource_watcher/policy.js';
import { systemUsage, type UsageSource } from '../../../plugins/resource_watcher/usage.js';
import { child, Real } from '../../fixtures/real.js';
import { listenOnUdp } from '../../fixtures/udp.js';

const NOTHING = { cpu_percent: 0, mem_percent: 0, rss_bytes: 0, pss_bytes: null, fds: null, threads: null, children: [] };

/** Figures that a test sets; those of other processes are nothing. */
class Figures implements UsageSource {
  readonly of = new Map<number, Partial<ProcessFigures>>();
  readonly looks: (readonly number[])[] = [];
  closed = false;
  all: Partial<ProcessFigures> = {};

  look(pids: readonly number[]): readonly ProcessFigures[] {
    this.looks.push(pids);
    return pids.map((pid) => ({ ...NOTHING, ...this.all, ...this.of.get(pid), pid }));
  }

  close(): void {
    this.closed = true;
  }
}

describe('resource_watcher', () => {
  noLeaks();

  async function started(figures: Figures, options: object, watcher: object = {}): Promise<Harness> {
    const config = {
      plugins: { resource_watcher: { watcher: 'web', loop_rate: 10, ...options } },
      watchers: { web: { cmd: 'web', numprocesses: 2, ...watcher }, other: { cmd: 'other' } },
    };
    const harness = createHarness({ config, plugins: [resourceWatcher(() => figures)] });
    await harness.start();
    return harness;
  }
  const names = (harness: Harness, watcher = 'web'): readonly string[] => harness.events.names(watcher);
  const bodies = (harness: Harness): readonly object[] =>
    harness.events.events.filter(({ name }) => name === 'limit_exceeded').map(({ body }) => body);

  it('restarts the watcher when a limit was passed more than max_count times in a row, and then counts anew', async () => {
    const figures = new Figures();
    figures.all = { cpu_percent: 95 };
    await using harness = await started(figures, {});
    await harness.clock.advanceAsync(39_000);
    expect(names(harness)).to.not.include('stop');
    await harness.clock.advanceAsync(2000);
    expect(names(harness).filter((name) => name === 'stop')).to.have.length(1);
    await harness.clock.advanceAsync(38_000);
    expect(names(harness).filter((name) => name === 'stop')).to.have.length(1);
    await harness.clock.advanceAsync(2000);
    expect(names(harness).filter((name) => name === 'stop')).to.have.length(2);
    expect(names(harness, 'other')).to.not.include('stop');
    expect(bodies(harness)[0])
      .to.include({ limit: 'max_cpu', allowed: 90, found: 95, action: 'restart' })
      .and.to.not.have.property('process_pid');
  });

  it('looks at its watcher only, as often as loop_rate says, and at no process that is on its way out', async () => {
    const figures = new Figures();
    await using harness = await started(figures, { loop_rate: 2 });
    await harness.clock.advanceAsync(9000);
    expect(figures.looks).to.have.length(4);
    expect(figures.looks.every((pids) => pids.length === 2)).to.equal(true);
    harness.os.behave({});
    await harness.until(harness.supervisor.find('web')?.stop() ?? Promise.reject(new Error('no web')));
    await harness.clock.advanceAsync(2000);
    expect(figures.looks.at(-1)).to.deep.equal([]);
  });

  it('counts each limit that is passed, and each restart, by the names that Circus gives them', async () => {
    await using statsd = await listenOnUdp();
    const figures = new Figures();
    figures.all = { cpu_percent: 95, mem_percent: 99 };
    const target = { host: '127.0.0.1', port: statsd.port, application_name: 'shop' };
    await using harness = await started(figures, { max_count: 1, ...target });
    await harness.clock.advanceAsync(21_000);
    const limits = ['over_cpu', 'over_memory', 'over_health'];
    const expected = [...limits, ...limits, 'restarting'].map((name) => `circus.shop.watcher._resource_watcher.web.${name}:1|c`);
    await eventually(() => statsd.messages.length === expected.length);
    expect(statsd.messages.toSorted()).to.deep.equal(expected.toSorted());
  });

  it('does not start a stopped watcher because it uses nothing', async () => {
    const figures = new Figures();
    await using harness = await started(figures, { min_cpu: 1, max_count: 0 }, { autostart: false });
    await harness.clock.advanceAsync(60_000);
    expect(harness.supervisor.find('web')?.status).to.equal('stopped');
  });

  it('replaces only the process that is over its limit', async () => {
    const figures = new Figures();
    await using harness = await started(figures, { max_rss: '1M', max_count: 0, action: 'replace' });
    const [first = 0, second = 0] = (harness.supervisor.find('web')?.processes() ?? []).map(({ pid }) => pid);
    figures.of.set(second, { rss_bytes: 2_000_000 });
    await harness.clock.advanceAsync(11_000);
    expect(harness.os.alive).to.include(first).and.to.not.include(second);
    expect(harness.supervisor.find('web')?.processes()).to.have.length(2);
    expect(bodies(harness)).to.have.length(1);
    expect(bodies(harness)[0]).to.include({ limit: 'max_rss', process_pid: second, action: 'replace' });
  });

  it('sends a signal to the process that is over its limit', async () => {
    const figures = new Figures();
    await using harness = await started(figures, { max_fds: 5, max_count: 0, action: 'signal', signal: 'WINCH' });
    const [first = 0] = (harness.supervisor.find('web')?.processes() ?? []).map(({ pid }) => pid);
    figures.of.set(first, { fds: 6 });
    await harness.clock.advanceAsync(11_000);
    expect(harness.os.of('signal').flatMap(({ pid, signum }) => (signum === 28 ? [pid] : []))).to.deep.equal([first]);
  });

  it('only tells, where that is the action', async () => {
    const figures = new Figures();
    figures.all = { threads: 2 };
    await using harness = await started(figures, { max_threads: 1, max_count: 0, action: 'event' });
    await harness.clock.advanceAsync(11_000);
    expect(bodies(harness)).to.have.length(2);
    expect(names(harness)).to.not.include.members(['kill']);
  });

  it('holds the sum of all processes against the limits, per watcher', async () => {
    for (const [per, expected] of [
      ['process', 0],
      ['watcher', 1],
    ] as const) {
      const figures = new Figures();
      figures.all = { rss_bytes: 600_000 };
      await using harness = await started(figures, { max_rss: 1_000_000, max_count: 0, per, action: 'event' });
      await harness.clock.advanceAsync(11_000);
      expect(bodies(harness), per).to.have.length(expected);
    }
  });

  it('sends child_signal to a child that is over a limit', async () => {
    const figures = new Figures();
    const config = {
      plugins: { resource_watcher: { watcher: 'web', loop_rate: 10, max_count: 1, process_children: true, child_signal: 'USR2' } },
      watchers: { web: { cmd: 'web' } },
    };
    await using harness = createHarness({ config, plugins: [resourceWatcher(() => figures)] });
    harness.os.behave({ children: [{}, {}] });
    await harness.start();
    const [parent = 0, , second = 0] = harness.os.alive;
    figures.of.set(parent, { children: [{ ...NOTHING, pid: second, cpu_percent: 99 }] });
    await harness.clock.advanceAsync(25_000);
    expect(harness.os.of('signal').flatMap(({ pid, signum }) => (signum === 12 ? [pid] : []))).to.deep.equal([second]);
    expect(names(harness)).to.not.include('stop');
  });

  it('looks after watchers with options of their own as well, by those; not after one that has switched it off', async () => {
    const figures = new Figures();
    figures.all = { cpu_percent: 50 };
    const config = {
      plugins: { resource_watcher: { watcher: 'web', loop_rate: 10, max_count: 0, action: 'event' } },
      watchers: {
        web: { cmd: 'web' },
        own: { cmd: 'own', plugins: { resource_watcher: { max_cpu: 40 } } },
        other: { cmd: 'other' },
      },
    };
    await using harness = createHarness({ config, plugins: [resourceWatcher(() => figures)] });
    await harness.start();
    await harness.clock.advanceAsync(11_000);
    expect(harness.events.events.filter(({ name }) => name === 'limit_exceeded').map(({ watcher }) => watcher)).to.deep.equal(['own']);

    const off = {
      plugins: { resource_watcher: { loop_rate: 10, max_cpu: 1, max_count: 0, action: 'event' } },
      watchers: { a: { cmd: 'a', plugins: { resource_watcher: false } }, b: { cmd: 'b' } },
    };
    await using second = createHarness({ config: off, plugins: [resourceWatcher(() => figures)] });
    await second.start();
    await second.clock.advanceAsync(11_000);
    expect(second.events.events.filter(({ name }) => name === 'limit_exceeded').map(({ watcher }) => watcher)).to.deep.equal(['b']);
  });

  it('says which watcher there is none of, takes the old name service, and lets go of what it has open', async () => {
    const figures = new Figures();
    const harness = await started(figures, { watcher: null, service: 'wbe' });
    const warned = harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warned).to.deep.equal(['the option service is deprecated', 'there is no such watcher to look after']);
    await harness.stop();
    expect(figures.closed).to.equal(true);
  });

  it('is what a circus.ini means by the class of Circus', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ringmaster-resource-'));
    const file = join(directory, 'circus.ini');
    const section =
      'use = circus.plugins.resource_watcher.ResourceWatcher\nwatcher = web\nmax_cpu = 70.5\nmax_mem = 200M\nprocess_children = 1\n';
    await writeFile(file, `[plugin:rw]\n${section}[watcher:web]\ncmd = web\n`);
    const { config, problems } = await loadConfig(file, { resolvePlugin });
    await rm(directory, { recursive: true });
    expect(problems).to.deep.equal([]);
    expect(config?.plugins.resource_watcher).to.include({
      watcher: 'web',
      max_cpu: 70.5,
      max_mem: 209_715_200,
      process_children: true,
      max_count: 3,
      loop_rate: 60,
      health_threshold: 75,
    });
  });

  it('has for each of several sections its own options, and leaves out a section that is for no watcher', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ringmaster-resource-'));
    const file = join(directory, 'circus.ini');
    const use = 'use = circus.plugins.resource_watcher.ResourceWatcher';
    const watchers = '[watcher:Web]\ncmd = web\n[watcher:db]\ncmd = db\n';
    await writeFile(file, `[plugin:a]\n${use}\nwatcher = web\nmax_cpu = 70\n[plugin:b]\n${use}\nservice = db\nmin_cpu = 3\n${watchers}`);
    const { config, problems } = await loadConfig(file, { resolvePlugin });
    await writeFile(file, `[plugin:a]\n${use}\nmax_cpu = 70\n[plugin:b]\n${use}\nwatcher = db\n${watchers}`);
    const second = await loadConfig(file, { resolvePlugin });
    await rm(directory, { recursive: true });
    expect(problems).to.deep.equal([]);
    expect(config?.plugins.resource_watcher).to.include({ watcher: 'Web', max_cpu: 90, min_cpu: null });
    expect(config?.watchers.Web?.plugins).to.deep.equal({ resource_watcher: { watcher: 'web', max_cpu: 70 } });
    expect(config?.watchers.db?.plugins).to.deep.equal({ resource_watcher: { service: 'db', min_cpu: 3 } });
    expect(second.problems.map(({ severity, message, line }) => [severity, message, line])).to.deep.equal([
      ['warning', 'section [plugin:b] is left out: [plugin:a] uses resource_watcher already', 4],
    ]);
    expect(second.config?.plugins.resource_watcher).to.include({ watcher: null, max_cpu: 70 });
  });

  it('names wrong options', async () => {
    const { problems } = await checkConfig(
      { plugins: { resource_watcher: { max_mem: 'lots', action: 'explode', max_fds: 0, maxcpu: 1 } } },
      { resolvePlugin },
    );
    expect(problems.map(({ path }) => path)).to.have.members(
      ['max_mem', 'action', 'max_fds', 'maxcpu'].map((name) => `plugins.resource_watcher.${name}`),
    );
  });
});

describe('resource_watcher, on real processes', () => {
  it('knows what a process uses, its children too, and nothing of one that is gone', async () => {
    await using real = await Real.start((file) => ({
      watchers: { web: { cmd: `node ${child('family.mjs')} ${file}`, copy_env: true, graceful_timeout: 0.2 } },
    }));
    const usage = systemUsage(systemClock);
    const options = { process_children: true, max_pss: 1, max_fds: 1, max_threads: 1 };
    const [pid = 0] = real.pids();
    const figures = await eventually(() => {
      const [found] = usage.look([pid, 2 ** 22 + 1], options);
      return found !== undefined && found.children.length > 0 ? found : undefined;
    });
    usage.close();
    expect(figures.rss_bytes).to.be.greaterThan(1_000_000);
    expect(figures.mem_percent).to.be.greaterThan(0).and.lessThan(100);
    if (process.platform === 'linux') {
      expect(figures.fds).to.be.greaterThan(2);
      expect(figures.threads).to.be.greaterThan(0);
      expect(figures.pss_bytes).to.be.greaterThan(100_000).and.at.most(figures.rss_bytes);
    }
    expect(usage.look([2 ** 22 + 1], options)).to.deep.equal([]);
    const [plain] = usage.look([pid], { process_children: false, max_pss: null, max_fds: null, max_threads: null });
    expect(plain).to.include({ pss_bytes: null, fds: null, threads: null });
    usage.close();
  });

  it('restarts a process that burns a processor', async () => {
    await using real = await Real.start(() => ({
      plugins: { resource_watcher: { loop_rate: '200ms', max_cpu: 3, max_mem: null, health_threshold: null, max_count: 1 } },
      watchers: { web: { cmd: 'node -e "for(;;);"', copy_env: true, graceful_timeout: 5 } },
    }));
    const [pid] = real.pids();
    await eventually(() => real.pids()[0] !== pid && real.pids().length === 1);
    expect(real.record.names('web')).to.include.members(['limit_exceeded', 'stop']);
  });
});
