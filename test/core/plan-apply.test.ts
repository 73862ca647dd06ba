import { expect } from 'chai';
import { type AppliedPlan, type Config, checkConfig, type PlanOptions } from '../../core/index.js';
import { rejects } from '../../core/testing.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

async function config(value: object): Promise<Config> {
  const checked = await checkConfig(value);
  if (!checked.config) throw new Error(JSON.stringify(checked.problems));
  return checked.config;
}

async function apply(rig: Rig, value: object, options?: PlanOptions): Promise<AppliedPlan> {
  return rig.until(rig.supervisor.apply(await config(value), options));
}

const SIGTERM = 15;
const brief = ({ steps }: { readonly steps: AppliedPlan['steps'] }): readonly string[] =>
  steps.map((step) => `${step.do} ${'watcher' in step ? step.watcher : ''}`.trim());
const scaled = (outcome: object): object => ({ started: [], stopped: [], kept: [], ...outcome });

describe('a plan that is applied', () => {
  it('does exactly what the plan before it has shown, and after it there is nothing left to do', async () => {
    const before = { same: { cmd: 'same' }, scaled: { cmd: 'scaled' }, changed: { cmd: 'old' }, gone: { cmd: 'gone' } };
    await using rig = await Rig.start({ watchers: before });
    const kept = [...rig.pids('same'), ...rig.pids('scaled')];
    const [changed, gone] = [rig.pids('changed'), rig.pids('gone')];
    const after = await config({
      watchers: { same: { cmd: 'same' }, scaled: { cmd: 'scaled', numprocesses: 2 }, changed: { cmd: 'new' }, added: { cmd: 'added' } },
    });
    const shown = await rig.until(rig.supervisor.plan(after));
    expect(brief(shown)).to.deep.equal(['remove gone', 'scale scaled', 'restart changed', 'add added']);
    expect(rig.os.alive).to.have.length(4);

    const done = await rig.until(rig.supervisor.apply(after));
    expect(done.steps.map(({ outcome: _, ...step }) => step)).to.deep.equal(shown.steps);
    expect(done.steps.map(({ outcome }) => outcome)).to.deep.equal([
      scaled({ stopped: gone }),
      scaled({ started: rig.pids('scaled').slice(1), kept: rig.pids('scaled').slice(0, 1) }),
      scaled({ started: rig.pids('changed'), stopped: changed }),
      scaled({ started: rig.pids('added') }),
    ]);
    expect([...rig.pids('same'), ...rig.pids('scaled')]).to.include.members(kept);
    expect(rig.os.alive).to.have.length(5);
    expect((await rig.until(rig.supervisor.plan(after))).steps).to.deep.equal([]);
    expect((await rig.until(rig.supervisor.apply(after))).steps).to.deep.equal([]);
  });

  it('takes what is live over with the processes as they are', async () => {
    await using rig = await Rig.start(web());
    const pids = rig.pids();
    await apply(rig, web({ graceful_timeout: 3, max_retry: 9 }));
    expect(rig.pids()).to.deep.equal(pids);
    expect(rig.watcher().spec).to.include({ graceful_timeout: 3, max_retry: 9 });
  });

  it('restarts down with the old options and up with the new', async () => {
    await using rig = await Rig.start(web({ graceful_timeout: 2 }));
    const [old = 0] = rig.pids();
    rig.os.behave({ deaf_to: [SIGTERM] });
    rig.news();
    await apply(rig, web({ cmd: 'other', graceful_timeout: 9 }));
    expect(rig.news()).to.deep.equal(['web.kill', 'web.reap', 'web.stop', 'web.spawn', 'web.start']);
    expect(rig.os.alive).to.not.include(old);
    expect(rig.os.of('spawn').map(({ request }) => request.file)).to.deep.equal(['web', 'other']);
  });

  it('reloads without a gap where that is asked for', async () => {
    await using rig = await Rig.start(web({ numprocesses: 2 }));
    rig.news();
    await apply(rig, web({ numprocesses: 2, cmd: 'other' }), { graceful: true });
    expect(rig.news().join(' ')).to.match(/^web\.spawn web\.spawn web\.kill web\.kill/);
    expect(rig.os.of('spawn').map(({ request }) => request.file)).to.deep.equal(['web', 'web', 'other', 'other']);
  });

  it('stops and starts by priority, what goes before what comes', async () => {
    const of = (cmd: string) => ({ db: { cmd, priority: 2 }, web: { cmd, priority: 1 } });
    await using rig = await Rig.start({ watchers: { ...of('old'), gone: { cmd: 'gone', graceful_timeout: 4 } } });
    rig.os.behave({});
    rig.news();
    await apply(rig, { watchers: { ...of('new'), first: { cmd: 'first', priority: 9 } } });
    const told = rig.news().filter((name) => /\.(stop|start)$/.test(name));
    expect(told).to.deep.equal(['gone.stop', 'web.stop', 'db.stop', 'first.start', 'db.start', 'web.start']);
  });

  it('leaves stopped what was stopped, and starts again what had given up', async () => {
    await using rig = new Rig({ watchers: { stopped: { cmd: 'a' }, broken: { cmd: 'b', max_retry: 1 } } });
    rig.os.behave((request) => (request.file === 'b' ? { fails: 'ENOENT' } : {}));
    await rig.until(rig.supervisor.start());
    await rig.until(rig.watcher('stopped').stop());
    expect(rig.watcher('broken').status).to.equal('stopped');
    const done = await apply(rig, { watchers: { stopped: { cmd: 'c' }, broken: { cmd: 'c', max_retry: 1 } } });
    expect(brief(done)).to.deep.equal(['set stopped', 'start broken']);
    expect(rig.watcher('stopped').status).to.equal('stopped');
    expect(rig.watcher('broken').status).to.equal('active');
    await rig.until(rig.watcher('stopped').start());
    expect(rig.os.of('spawn').at(-1)?.request.file).to.equal('c');
  });

  it('says what came instead where new processes can not be started', async () => {
    await using rig = await Rig.start(web());
    rig.os.behave({ fails: 'ENOENT' });
    const { steps } = await apply(rig, web({ cmd: 'nowhere', max_retry: 1 }), { graceful: true });
    expect(steps[0]?.outcome?.instead).to.equal('1 spawns in a row failed (max_retry 1): ENOENT');
    expect(rig.pids()).to.have.length(1);
  });

  it('undoes drift, or leaves it', async () => {
    const file = { watchers: { web: { cmd: 'web' }, api: { cmd: 'api' } } };
    await using rig = await Rig.start(file);
    await rig.until(rig.watcher().set({ numprocesses: 3, priority: 5 }));
    await rig.until(rig.supervisor.remove('api'));
    await rig.until(rig.supervisor.add('extra', { cmd: 'extra' }).start());
    expect(rig.supervisor.drift().map((drift) => `${'watcher' in drift ? drift.watcher : drift.plugin} ${drift.change}`)).to.deep.equal([
      'web changed',
      'api removed',
      'extra added',
    ]);
    expect(brief(await apply(rig, file, { keep_drift: true }))).to.deep.equal(['remove extra', 'add api']);
    expect(rig.watcher().numprocesses).to.equal(3);
    expect(rig.supervisor.drift()).to.have.length(1).and.to.have.nested.property('[0].watcher', 'web');
    const done = await apply(rig, file);
    expect(done.steps).to.have.length(1);
    expect(done.steps[0]).to.have.nested.property('changes[0].drift', true);
    expect(rig.pids()).to.have.length(1);
    expect(rig.supervisor.drift()).to.deep.equal([]);
  });

  it("takes the daemon's live options over, and names the others until it is started again", async () => {
    await using rig = await Rig.start({ check_delay: 5, warmup_delay: 0 });
    expect(rig.clock.pending.map(({ due_in_ms }) => Math.ceil(due_in_ms / 1000))).to.deep.equal([5]);
    const after = { check_delay: 60, warmup_delay: 2, endpoint: 'ipc:///tmp/new.sock' };
    for (let round = 0; round < 2; round++) {
      const { steps } = await apply(rig, after);
      const waits = steps.flatMap((step) => (step.do === 'restart_daemon' ? [`${step.what} ${step.name}`] : []));
      expect(waits).to.deep.equal(['option endpoint']);
    }
    expect(rig.supervisor.options).to.include({ check_delay: 60, warmup_delay: 2, endpoint: null });
    expect(rig.clock.pending.map(({ due_in_ms }) => Math.ceil(due_in_ms / 1000))).to.deep.equal([60]);
    expect(rig.logged).to.include('warn option endpoint was changed in the config; it takes effect when the daemon is started again');
    await apply(rig, { check_delay: 0 });
    expect(rig.clock.pending).to.deep.equal([]);
  });

  it('lets plugins change a config before it is compared, and tells them when it was applied', async () => {
    const seen: Config[] = [];
    const more = tapping('config', (given) => ({
      ...given,
      watchers: { ...given.watchers, ...(given.watchers.web && { twin: { ...given.watchers.web, cmd: 'twin' } }) },
    }));
    const told = tapping('config_applied', ({ config: applied }) => void seen.push(applied));
    await using rig = await Rig.start(web(), [more, told]);
    expect(rig.pids('twin')).to.have.length(1);
    expect((await apply(rig, web())).steps).to.deep.equal([]);
    await apply(rig, web({ numprocesses: 2 }));
    expect(rig.pids('twin')).to.have.length(2);
    expect(seen.map(({ watchers }) => watchers.twin?.numprocesses)).to.deep.equal([1, 2]);
  });

  it('changes nothing where a plugin fails to change the config', async () => {
    let broken = false;
    const shape = tapping('config', () => {
      if (broken) throw new Error('no luck');
    });
    await using rig = await Rig.start(web(), [shape]);
    broken = true;
    const error = await rejects(rig.until(rig.supervisor.apply(await config(web({ cmd: 'other' })))), 'RM_PLUGIN_FAILED');
    expect(error.message).to.contain('tap_config');
    expect(rig.watcher().spec.cmd).to.equal('web');
    expect(rig.supervisor.drift()).to.deep.equal([]);
  });

  it('refuses a config that is wrong, and changes nothing', async () => {
    await using rig = await Rig.start(web());
    const wrong = { ...(await config(web({ cmd: 'other' }))), check_delay: 'often' } as unknown as Config;
    const error = await rejects(rig.until(rig.supervisor.apply(wrong)), 'RM_CONFIG_INVALID');
    expect(error.context.problems).to.have.length(1);
    expect(rig.watcher().spec.cmd).to.equal('web');
  });

  it('is refused before the start and after the end', async () => {
    const rig = new Rig(web());
    const given = await config(web());
    for (const ask of [() => rig.supervisor.apply(given), () => rig.supervisor.plan(given), () => rig.supervisor.reloadConfig()]) {
      await rejects(ask(), 'RM_STATE');
    }
    await rig.until(rig.supervisor.start());
    await rig.until(rig.supervisor.stop());
    await rejects(rig.supervisor.apply(given), 'RM_STATE');
  });

  it('leaves no rejection to nobody where both it and its config are refused', async () => {
    const rig = new Rig(web());
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
    try {
      await rejects(rig.supervisor.apply(rig.supervisor.readConfig({ config: { watchers: 5 } })), 'RM_STATE');
      await rig.pass(0);
      expect(unhandled).to.deep.equal([]);
    } finally {
      process.removeListener('unhandledRejection', note);
      for (const listener of others) process.on('unhandledRejection', listener);
    }
  });
});
