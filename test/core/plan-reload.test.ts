import { join } from 'node:path';
import { expect } from 'chai';
import type { AppliedPlan } from '../../core/index.js';
import { eventually, rejects } from '../../core/testing.js';
import { TemporaryDirectory } from '../fixtures/cli/temporary.js';
import { Rig, tapping } from '../fixtures/rig.js';

const SIGTERM = 15;
const brief = ({ steps }: AppliedPlan): readonly string[] =>
  steps.map((step) => `${step.do} ${'watcher' in step ? step.watcher : ''}`.trim());

describe('reloading the config', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => directory[Symbol.dispose]());

  const write = (config: object | string): string =>
    directory.file('ringmaster.yaml', typeof config === 'string' ? config : JSON.stringify(config));
  /** A supervisor that has started with what the file holds. */
  const begin = async (config: object): Promise<Rig> => {
    const file = write(config);
    const rig = new Rig(config, [], file);
    await rig.until(rig.supervisor.start());
    return rig;
  };
  const web = (more: object = {}) => ({ watchers: { web: { cmd: 'web', ...more } } });

  it('finds nothing where only comments, the order of keys or the format of the file have changed', async () => {
    await using rig = await begin({ watchers: { web: { cmd: 'web', numprocesses: 2 }, api: { cmd: 'api' } } });
    rig.news();
    write('# why\nwatchers:\n  api: {cmd: api}\n\n  web:\n    numprocesses: 2 # two\n    cmd: "web"\n');
    expect((await rig.until(rig.supervisor.reloadConfig())).steps).to.deep.equal([]);
    expect(rig.news()).to.deep.equal([]);
    expect(rig.logged).to.include('info the config has not changed');
  });

  it('keeps what was set at run time, unless the file has changed it', async () => {
    await using rig = await begin(web({ numprocesses: 2 }));
    await rig.until(rig.watcher().incr(2));
    await rig.until(rig.watcher().set({ priority: 5 }));
    write(web({ numprocesses: 2, graceful_timeout: 3 }));
    expect(brief(await rig.until(rig.supervisor.reloadConfig()))).to.deep.equal(['set web']);
    expect([rig.watcher().numprocesses, rig.watcher().spec.priority, rig.watcher().spec.graceful_timeout]).to.deep.equal([4, 5, 3]);
    write(web({ numprocesses: 1, graceful_timeout: 3 }));
    expect(brief(await rig.until(rig.supervisor.reloadConfig()))).to.deep.equal(['scale web']);
    expect([rig.watcher().numprocesses, rig.watcher().spec.priority]).to.deep.equal([1, 5]);
  });

  it('restarts, or reloads where that is asked for', async () => {
    await using rig = await begin(web());
    write(web({ cmd: 'two' }));
    expect(brief(await rig.until(rig.supervisor.reloadConfig()))).to.deep.equal(['restart web']);
    write(web({ cmd: 'three' }));
    expect(brief(await rig.until(rig.supervisor.reloadConfig({ graceful: true })))).to.deep.equal(['reload web']);
  });

  it('changes nothing by a file with errors, and names every one of them', async () => {
    await using rig = await begin(web());
    rig.news();
    write('watchers:\n  web: {cmd: other, numprocesses: many}\n  api: {cmdd: api}\n');
    const error = await rejects(rig.until(rig.supervisor.reloadConfig()), 'RM_CONFIG_INVALID');
    expect(error.message)
      .to.match(/ringmaster\.yaml:2.*numprocesses/)
      .and.match(/ringmaster\.yaml:3.*cmdd/);
    expect(error.context.problems).to.have.length.above(1);
    expect(rig.news()).to.deep.equal([]);
    expect(rig.watcher().spec.cmd).to.equal('web');
    directory[Symbol.dispose]();
    const missing = await rejects(rig.until(rig.supervisor.reloadConfig()), 'RM_CONFIG_INVALID');
    expect(missing.message).to.contain('ringmaster.yaml');
  });

  it('says so where there is no file', async () => {
    await using rig = await Rig.start(web());
    await rejects(rig.supervisor.reloadConfig(), 'RM_NO_CONFIG_FILE');
    expect(rig.watcher().status).to.equal('active');
  });

  it('reads another file where one is named', async () => {
    await using rig = await begin(web());
    const file = directory.file('other.json', JSON.stringify(web({ cmd: 'other' })));
    const config = await rig.until(rig.supervisor.readConfig({ file }));
    expect(config.watchers.web?.cmd).to.equal('other');
    await rejects(rig.until(rig.supervisor.readConfig({ file: join(file, 'nothing') })), 'RM_CONFIG_INVALID');
  });

  describe('while something else is going on', () => {
    /** As a reload, with the file read already: how long that takes is no matter of the fake clock. */
    const readFirst = async (rig: Rig): Promise<{ readonly reloaded: Promise<AppliedPlan> }> => {
      const config = await rig.supervisor.readConfig();
      return { reloaded: rig.supervisor.apply(config, { keep_drift: true }) };
    };

    it('takes its turn after an earlier one, and comes to what was written last', async () => {
      await using rig = await begin(web({ graceful_timeout: 2 }));
      rig.os.behave((request) => (request.file === 'two' ? { deaf_to: [SIGTERM] } : {}));
      write(web({ cmd: 'two', graceful_timeout: 2 }));
      const first = rig.supervisor.reloadConfig();
      const second = rig.supervisor.apply(rig.supervisor.readConfig({ config: web({ cmd: 'three' }) }));
      const third = rig.supervisor.apply(rig.supervisor.readConfig({ config: web({ cmd: 'four', numprocesses: 2 }) }));
      const done = await rig.until(Promise.all([first, second, third]));
      expect(done.map(brief)).to.deep.equal([['restart web'], ['restart web'], ['restart web']]);
      expect(rig.watcher().spec).to.include({ cmd: 'four', numprocesses: 2 });
      expect(rig.pids()).to.have.length(2);
      expect(rig.os.alive).to.have.length(2);
    });

    it('goes on after one that was refused', async () => {
      await using rig = await begin(web());
      const refused = rejects(rig.supervisor.apply(rig.supervisor.readConfig({ config: { watchers: 3 } })), 'RM_CONFIG_INVALID');
      const done = rig.supervisor.apply(rig.supervisor.readConfig({ config: web({ cmd: 'two' }) }));
      await rig.until(Promise.all([refused, done]));
      expect(rig.watcher().spec.cmd).to.equal('two');
    });

    it('comes to its end in the middle of a start that takes long, and lets that go on', async () => {
      const three = (more: object = {}) => ({
        warmup_delay: 10,
        watchers: { a: { cmd: 'a' }, b: { cmd: 'b', ...more }, c: { cmd: 'c' } },
      });
      const file = write(three());
      await using rig = new Rig(three(), [], file);
      const started = rig.supervisor.start();
      await rig.pass(100);
      expect([rig.pids('a').length, rig.pids('b').length]).to.deep.equal([1, 0]);
      const config = three({ cmd: 'b2', numprocesses: 2 });
      write({ ...config, watchers: { ...config.watchers, a: { cmd: 'a2' } } });
      const reloaded = rig.supervisor.reloadConfig();
      // To read the file takes real time, in which the virtual one stands still.
      await eventually(() => rig.os.of('signal').some(({ signum }) => signum > 0));
      await rig.until(Promise.all([started, reloaded]));
      expect(rig.os.of('spawn').map(({ request }) => request.file)).to.deep.equal(['a', 'a2', 'b2', 'b2', 'c']);
      expect(rig.clock.now()).to.be.below(40_000);
    });

    it('waits until there are watchers', async () => {
      let open = (): void => {};
      const slow = tapping('boot', () => new Promise<void>((resolve) => (open = resolve)));
      const file = write(web({ cmd: 'new' }));
      await using rig = new Rig(web(), [slow], file);
      const started = rig.supervisor.start();
      const reloaded = rig.supervisor.reloadConfig();
      await rig.pass(500);
      expect(rig.os.of('spawn')).to.deep.equal([]);
      open();
      await rig.until(Promise.all([started, reloaded]));
      expect(rig.watcher().spec.cmd).to.equal('new');
      expect(rig.pids()).to.have.length(1);
      expect(rig.os.alive).to.have.length(1);
    });

    it('is over with a stop of everything, however far it is', async () => {
      for (const after_ms of [0, 1, 20, 100, 600, 1500]) {
        const before = { watchers: { web: { cmd: 'web', graceful_timeout: 1 }, gone: { cmd: 'gone', graceful_timeout: 1 } } };
        const rig = await begin(before);
        rig.os.behave({ deaf_to: [SIGTERM] });
        write({ watchers: { web: { cmd: 'other' }, new: { cmd: 'new', warmup_delay: 1, numprocesses: 3 } } });
        const reloaded = (await readFirst(rig)).reloaded.then(
          () => 'applied',
          (error: { code: string }) => error.code,
        );
        if (after_ms > 0) await rig.pass(after_ms);
        await rig.until(rig.supervisor.stop());
        expect(await rig.until(reloaded)).to.be.oneOf(['applied', 'RM_CLOSED']);
        expect(rig.os.alive, `stopped after ${after_ms} ms`).to.deep.equal([]);
        expect(rig.clock.pending).to.deep.equal([]);
      }
    });

    it('leaves the supervisor able to start again', async () => {
      const rig = await begin(web());
      write(web({ cmd: 'other' }));
      const reloaded = rejects(rig.supervisor.reloadConfig(), 'RM_CLOSED');
      await rig.until(rig.supervisor.stop());
      await rig.until(reloaded);
      await rig.until(rig.supervisor.start());
      expect(brief(await rig.until(rig.supervisor.reloadConfig()))).to.deep.equal(['restart web']);
      await rig.until(rig.supervisor.stop());
      expect(rig.os.alive).to.deep.equal([]);
    });

    it('does not undo a stop of the watcher that it restarts', async () => {
      await using rig = await begin(web({ graceful_timeout: 1 }));
      rig.os.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.watcher().restart());
      write(web({ cmd: 'other', graceful_timeout: 1 }));
      const { reloaded } = await readFirst(rig);
      await rig.pass(500);
      expect(rig.watcher().status).to.equal('stopping');
      const stopped = rig.watcher().stop();
      const [done] = await rig.until(Promise.all([reloaded, stopped]));
      expect(done.steps[0]?.outcome?.instead).to.equal('it is stopped');
      expect(rig.watcher().status).to.equal('stopped');
      expect(rig.watcher().spec.cmd).to.equal('other');
      expect(rig.os.alive).to.deep.equal([]);
    });

    it('has a watcher run with the new options that was started in the middle of its restart', async () => {
      await using rig = await begin(web({ graceful_timeout: 1 }));
      write(web({ cmd: 'other', graceful_timeout: 1 }));
      const slow = rig.os;
      slow.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.watcher().restart());
      const { reloaded } = await readFirst(rig);
      await rig.pass(500);
      expect(rig.watcher().status).to.equal('stopping');
      const started = rig.watcher().start();
      await rig.until(Promise.all([reloaded, started]));
      await rig.pass(5000);
      const [pid] = rig.pids();
      expect(rig.os.of('spawn').find((spawned) => spawned.pid === pid)?.request.file).to.equal('other');
      expect(rig.os.alive).to.deep.equal([pid]);
    });

    it('lets a watcher be that is removed meanwhile', async () => {
      await using rig = await begin({ watchers: { web: { cmd: 'web', graceful_timeout: 1 }, api: { cmd: 'api' } } });
      rig.os.behave({ deaf_to: [SIGTERM] });
      await rig.until(rig.watcher().restart());
      write({ watchers: { web: { cmd: 'other' }, api: { cmd: 'other' } } });
      const { reloaded } = await readFirst(rig);
      await rig.pass(500);
      expect(rig.watcher().status).to.equal('stopping');
      const removed = rig.supervisor.remove('web');
      await rig.until(Promise.all([reloaded, removed]));
      expect(rig.supervisor.find('web')).to.equal(undefined);
      expect(rig.watcher('api').spec.cmd).to.equal('other');
      expect(rig.os.alive).to.deep.equal(rig.pids('api'));
    });
  });
});
