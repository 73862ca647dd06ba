import { expect } from 'chai';
import type { RespawnArgs, RespawnDecision, Tap } from '../../core/index.js';
import { noLeaks } from '../../core/testing.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

type Answer = RespawnDecision | undefined;

/** A tap whose answers the test gives. */
function asked(deadline_ms = 100) {
  const questions: { readonly args: RespawnArgs; answer(decision: Answer): void }[] = [];
  const tap = (_: RespawnDecision, args: RespawnArgs): Promise<Answer> =>
    new Promise((resolve) => {
      questions.push({ args, answer: resolve });
    });
  return { questions, plugin: tapping('respawn', tap as unknown as Tap<'respawn'>, { awaited: true, deadline_ms }) };
}

describe('a respawn whose decision is awaited', () => {
  noLeaks();

  it('waits for the answer, and nobody else does', async () => {
    const { questions, plugin } = asked();
    await using rig = await Rig.start({ watchers: { web: { cmd: 'web' }, other: { cmd: 'other', hooks: {} } } }, [plugin]);
    const [pid = 0] = rig.pids();
    rig.os.exit(pid);
    await rig.pass(50);
    expect(rig.pids()).to.deep.equal([]);
    const [other = 0] = rig.pids('other');
    rig.os.exit(other);
    await rig.pass(1);
    questions[1]?.answer(undefined);
    await rig.pass(1);
    expect(rig.pids('other')).to.have.length(1);
    questions[0]?.answer({ action: 'respawn', delay_ms: 20, reason: 'asked' });
    await rig.pass(19);
    expect(rig.pids()).to.deep.equal([]);
    await rig.pass(2);
    expect(rig.pids()).to.have.length(1);
    expect(questions).to.have.length(2);
  });

  it('goes on as it would have without the tap when there is no answer by the deadline, and drops the late one', async () => {
    const { questions, plugin } = asked();
    await using rig = await Rig.start(web(), [plugin]);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(99);
    expect(rig.pids()).to.deep.equal([]);
    await rig.pass(2);
    const pids = rig.pids();
    expect(pids).to.have.length(1);
    expect(rig.news()).to.include('web.hook_failure');
    questions[0]?.answer({ action: 'give_up', reason: 'too late' });
    await rig.pass(10);
    expect(rig.pids()).to.deep.equal(pids);
  });

  it('gives up, or pauses, when the answer says so', async () => {
    const { questions, plugin } = asked();
    await using rig = await Rig.start(web({ numprocesses: 2 }), [plugin]);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(10);
    questions[0]?.answer({ action: 'pause', delay_ms: 500, reason: 'a rest' });
    await rig.pass(100);
    expect(rig.watcher().status).to.equal('stopped');
    await rig.pass(600);
    expect(rig.pids()).to.have.length(2);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(10);
    questions[1]?.answer({ action: 'give_up', reason: 'enough' });
    await rig.pass(100);
    expect(rig.watcher().status).to.equal('stopped');
    expect(rig.news()).to.include('web.gave_up');
  });

  it('is none of a watcher that was stopped and started meanwhile', async () => {
    const { questions, plugin } = asked();
    await using rig = await Rig.start(web(), [plugin]);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(10);
    await rig.until(rig.watcher().stop());
    await rig.until(rig.watcher().start());
    const pids = rig.pids();
    questions[0]?.answer({ action: 'give_up', reason: 'of another life' });
    await rig.pass(200);
    expect(rig.pids()).to.deep.equal(pids);
    expect(rig.watcher().status).to.equal('active');
  });

  it('is not held up twice when it is asked to be started at once', async () => {
    const { questions, plugin } = asked();
    await using rig = await Rig.start(web(), [plugin]);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(10);
    await rig.until(rig.watcher().start());
    const pids = rig.pids();
    expect(pids).to.have.length(1);
    questions[0]?.answer({ action: 'respawn', delay_ms: 0, reason: 'late' });
    await rig.pass(200);
    expect(rig.pids()).to.deep.equal(pids);
  });
});
