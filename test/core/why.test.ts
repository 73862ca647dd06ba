import { expect } from 'chai';
import { type AnyPlugin, definePlugin } from '../../core/index.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

describe('decisions about a watcher', () => {
  const told = (rig: Rig): readonly (readonly unknown[])[] =>
    rig
      .watcher()
      .decisions()
      .map(({ what, by, hook, wid, reason, delay_ms }) => [what, by, hook, wid, reason, delay_ms]);
  const asked = (what: string): readonly unknown[] => [what, 'request', null, null, `asked to ${what}`, null];

  it('tell of requests', async () => {
    await using rig = await Rig.start(web());
    await rig.until(rig.watcher().setNumprocesses(2));
    await rig.until(rig.watcher().reload({ sequential: true }));
    await rig.until(rig.watcher().stop());
    expect(told(rig)).to.deep.equal([
      asked('start'),
      ['scale', 'request', null, null, 'asked for 2 instead of 1', null],
      ['reload', 'request', null, null, 'asked to reload, one after the other', null],
      asked('stop'),
    ]);
  });

  it('tell what follows the last end of each worker, and whose decision that was', async () => {
    const mine = tapping('respawn', (decision, { wid }) =>
      wid === 2 ? { action: 'respawn', delay_ms: 500, reason: 'wid 2 waits' } : decision,
    );
    await using rig = await Rig.start(web({ numprocesses: 2 }), [mine]);
    const [one = 0, two = 0] = rig.pids();
    await rig.pass(10);
    rig.os.exit(one);
    await rig.pass(10);
    rig.os.exit(two, { exit_code: -9, signal: 'SIGKILL' });
    await rig.pass(10);
    expect(told(rig).slice(1)).to.deep.equal([
      ['respawn', 'core', null, 1, 'ended with status 0', 0],
      ['respawn', 'tap_respawn', 'respawn', 2, 'wid 2 waits; was ended by SIGKILL', 500],
    ]);
    expect(rig.watcher().decisions()[1]?.at).to.be.closeTo(rig.clock.wall() / 1000, 1);
  });

  it('tell who paused it, who gave it up, and that it goes on', async () => {
    const decisions = ['pause', 'give_up'] as const;
    let count = 0;
    const mine = tapping('respawn', () => {
      const action = decisions[count++] ?? 'give_up';
      return action === 'pause' ? { action, delay_ms: 1000, reason: 'too often' } : { action, reason: 'enough' };
    });
    await using rig = await Rig.start(web(), [mine]);
    for (let round = 0; round < 2; round++) {
      rig.os.exit(rig.pids()[0] ?? 0);
      await rig.pass(2000);
    }
    expect(told(rig).slice(1)).to.deep.equal([
      ['resume', 'core', null, null, 'the pause is over', null],
      ['give_up', 'tap_respawn', 'respawn', 1, 'enough; ended with status 0', null],
    ]);
    expect(rig.watcher().status).to.equal('stopped');
  });

  const refusing: readonly (readonly ['before_start' | 'before_spawn' | 'after_spawn' | 'after_start'])[] = [
    ['before_start'],
    ['before_spawn'],
    ['after_spawn'],
    ['after_start'],
  ];
  for (const [hook] of refusing) {
    it(`tell who refused in ${hook}`, async () => {
      await using rig = await Rig.start(web(), [tapping(hook, () => ({ veto: 'not now' }))]);
      await rig.pass(100);
      expect(told(rig)).to.deep.equal([asked('start'), ['halt', `tap_${hook}`, hook, null, 'not now', null]]);
    });
  }

  it('tell which signal was withheld, and why it stopped by itself', async () => {
    const mine: AnyPlugin = definePlugin({
      name: 'mine',
      summary: 'Withholds SIGHUP.',
      schema: { type: 'object', properties: {} },
      hooks: ['before_signal'],
      setup({ hooks }) {
        hooks.before_signal.tap(({ signum }) => (signum === 1 ? { veto: 'not this one' } : undefined));
      },
    });
    await using rig = await Rig.start(web({ respawn: false }), [mine]);
    const [pid = 0] = rig.pids();
    rig.watcher().signal(1);
    rig.os.exit(pid);
    await rig.pass(100);
    expect(told(rig).slice(1)).to.deep.equal([
      ['withhold', 'mine', 'before_signal', null, `signal 1 to ${pid}: not this one`, null],
      ['halt', 'core', null, null, 'its last process has ended and respawn is off', null],
    ]);
  });

  it('are no more than the last 20 of the watcher and one of each worker', async () => {
    await using rig = await Rig.start(web({ numprocesses: 3 }));
    for (let count = 0; count < 30; count++) await rig.until(rig.watcher().setNumprocesses(3 + (count % 2)));
    for (const pid of rig.pids()) rig.os.exit(pid);
    await rig.pass(100);
    expect(told(rig).filter(([what]) => what === 'scale')).to.have.length(20);
    expect(told(rig).filter(([what]) => what === 'respawn')).to.have.length(4);
  });
});
