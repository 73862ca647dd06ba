import { constants } from 'node:os';
import { expect } from 'chai';
import type { SpawnRequest } from '../../../core/os/port.js';
import { type FakeBehaviour, FakeOs, VirtualClock } from '../../../core/testing.js';

const { SIGCONT, SIGSTOP } = constants.signals;
const request = (file = 'web'): SpawnRequest => ({ file, argv: [file], env: {}, cwd: '/', fds: new Map(), rlimits: {} });

/** A fake with what its listeners were told, as `what pid`. */
function setup(behaviour: FakeBehaviour = {}) {
  const clock = new VirtualClock();
  const os = new FakeOs(clock);
  os.behave(behaviour);
  const told: string[] = [];
  const spawn = (file?: string): void => {
    let pid = 0;
    os.spawn(request(file), {
      spawned: (made) => {
        pid = made;
        told.push(`spawned ${pid}`);
      },
      failed: (errno, message) => void told.push(`failed ${errno} ${message}`),
      exited: ({ exit_code, signal }) => void told.push(`exited ${pid} ${exit_code} ${signal}`),
    });
  };
  return { clock, os, told, spawn };
}

describe('fake operating system', () => {
  it('gives out pids from 1000 on', () => {
    const { os, told, spawn } = setup();
    spawn();
    spawn();
    expect(told).to.deep.equal(['spawned 1000', 'spawned 1001']);
    expect(os.alive).to.deep.equal([1000, 1001]);
  });

  it('ends a process by a signal, after the call that sends it', () => {
    const { os, told, spawn, clock } = setup();
    spawn();
    expect(os.signal(1000, 15)).to.equal('sent');
    expect(told).to.deep.equal(['spawned 1000']);
    clock.advance(0);
    expect(told).to.deep.equal(['spawned 1000', 'exited 1000 -15 SIGTERM']);
    expect(os.signal(1000, 0)).to.equal('gone');
    expect(clock.pending).to.deep.equal([]);
  });

  it('keeps the pid of a process that has ended until that is told', () => {
    const { os, told, spawn, clock } = setup({ reaped_after_ms: 30, children: [{}] });
    spawn();
    os.exit(1000);
    expect([os.alive, told]).to.deep.equal([[1001], ['spawned 1000']]);
    expect([os.signal(1000, 15), os.signalGroup(1000, 0)]).to.deep.equal(['sent', 'sent']);
    clock.advance(30);
    expect(told).to.deep.equal(['spawned 1000', 'exited 1000 0 null']);
    expect([os.signal(1000, 15), os.groupAlive(1000)]).to.deep.equal(['gone', true]);
  });

  it('knows of each process from which it descends and whether it stayed in its group', () => {
    const { os, spawn } = setup({ children: [{ children: [{ own_group: true }] }] });
    spawn();
    expect([1000, 1001, 1002, 1003].map((pid) => os.leaderOf(pid))).to.deep.equal([1000, 1000, 1000, undefined]);
    expect([1001, 1002].map((pid) => os.inGroupOf(pid, 1000))).to.deep.equal([true, false]);
  });

  const DEATHS: readonly (readonly [string, FakeBehaviour, number, number, readonly string[]])[] = [
    ['exits by itself', { exits_after_ms: 50 }, 0, 50, ['exited 1000 0 null']],
    ['exits by itself as scripted', { exits_after_ms: 50, exit: { exit_code: 3, signal: null } }, 0, 50, ['exited 1000 3 null']],
    ['does not exit before its time', { exits_after_ms: 50 }, 0, 49, []],
    ['takes its time to die', { dies_after_ms: 20 }, 15, 20, ['exited 1000 -15 SIGTERM']],
    ['lives on while it takes its time', { dies_after_ms: 20 }, 15, 19, []],
    ['is deaf to TERM', { deaf_to: [15] }, 15, 1000, []],
    ['is deaf to TERM and not to INT', { deaf_to: [15] }, 2, 0, ['exited 1000 -2 SIGINT']],
    ['dies of KILL whatever it ignores', { deaf_to: [9, 15] }, 9, 0, ['exited 1000 -9 SIGKILL']],
    ['dies of KILL at once', { dies_after_ms: 20 }, 9, 0, ['exited 1000 -9 SIGKILL']],
    ['outlives KILL where it is unkillable', { unkillable: true }, 9, 1000, []],
    ['does not die of STOP, CONT or CHLD', {}, 17, 1000, []],
    ['does not die of 0', {}, 0, 1000, []],
  ];
  for (const [title, behaviour, signum, wait_ms, expected] of DEATHS) {
    it(`has a process that ${title}`, () => {
      const { os, told, spawn, clock } = setup(behaviour);
      spawn();
      expect(os.signal(1000, signum)).to.equal('sent');
      clock.advance(wait_ms);
      expect(told.slice(1)).to.deep.equal(expected);
    });
  }

  it('kills a process that is dying slowly, and tells of one exit', () => {
    const { os, told, spawn, clock } = setup({ dies_after_ms: 100 });
    spawn();
    os.signal(1000, 15);
    os.signal(1000, 15);
    os.signal(1000, 9);
    os.signal(1000, 9);
    clock.advance(200);
    expect(told).to.deep.equal(['spawned 1000', 'exited 1000 -9 SIGKILL']);
  });

  it('keeps signals for a process that has stopped until it goes on, but for KILL', () => {
    const { os, told, spawn, clock } = setup();
    spawn();
    spawn();
    for (const pid of [1000, 1001]) for (const signum of [SIGSTOP, 15]) os.signal(pid, signum);
    clock.advance(1000);
    expect(told).to.deep.equal(['spawned 1000', 'spawned 1001']);
    os.signal(1000, SIGCONT);
    os.signal(1001, 9);
    clock.advance(0);
    expect(told.slice(2)).to.deep.equal(['exited 1000 -15 SIGTERM', 'exited 1001 -9 SIGKILL']);
  });

  it('fails a spawn with the errno that is scripted, for the spawn that is meant', () => {
    const { os, told, spawn } = setup();
    os.behave((_request, nth) => (nth === 2 ? { fails: 'EAGAIN' } : {}));
    for (let nth = 1; nth <= 3; nth += 1) spawn();
    expect(told).to.deep.equal(['spawned 1000', 'failed EAGAIN spawn web EAGAIN', 'spawned 1001']);
  });

  it('can be late with its answer', () => {
    const { os, told, spawn, clock } = setup();
    os.behave(({ file }) => (file === 'bad' ? { told_after_ms: 5, fails: 'ENOENT' } : { told_after_ms: 10 }));
    spawn();
    spawn('bad');
    clock.advance(4);
    expect(told).to.deep.equal([]);
    clock.advance(6);
    expect(told).to.deep.equal(['failed ENOENT spawn bad ENOENT', 'spawned 1000']);
    expect(os.alive).to.deep.equal([1000]);
  });

  it('has each id once, and the same ones each time', () => {
    const [first, second] = [setup().os.state, setup().os.state];
    const ids = [first.newId(), first.newId()];
    expect(ids).to.deep.equal([second.newId(), second.newId()]);
    expect(new Set(ids).size).to.equal(2);
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{12}$/);
  });

  describe('groups', () => {
    const FAMILY: FakeBehaviour = { children: [{ children: [{}] }, { deaf_to: [15] }, { own_group: true }] };

    it('hold a leader and its descendants, but for those with a group of their own', () => {
      const { os, spawn, clock } = setup(FAMILY);
      spawn();
      expect(os.children(1000, false)).to.deep.equal([1001, 1003, 1004]);
      expect(os.children(1000, true)).to.deep.equal([1001, 1002, 1003, 1004]);
      expect(os.signalGroup(1000, 15)).to.equal('sent');
      clock.advance(0);
      expect(os.alive).to.deep.equal([1003, 1004]);
      expect(os.groupAlive(1000)).to.equal(true);
      os.signalGroup(1000, 9);
      clock.advance(0);
      expect(os.groupAlive(1000)).to.equal(false);
      expect(os.signalGroup(1000, 0)).to.equal('gone');
      expect(os.alive).to.deep.equal([1004]);
    });

    it('outlive their leader, whose children are nobody’s then', () => {
      const { os, told, spawn } = setup(FAMILY);
      spawn();
      os.exit(1000, { exit_code: 1, signal: null });
      expect(told).to.deep.equal(['spawned 1000', 'exited 1000 1 null']);
      expect(os.groupAlive(1000)).to.equal(true);
      expect(os.children(1000, true)).to.deep.equal([]);
      expect(os.children(1, false)).to.deep.equal([1001, 1003, 1004]);
    });

    it('are not looked for while their leader lives, as the port has it', () => {
      const { os, spawn } = setup();
      spawn();
      expect(os.groupAlive(1000)).to.equal(false);
    });
  });

  it('denies signals where it is told to', () => {
    const { os, spawn, clock } = setup({ denied: true });
    spawn();
    expect([os.signal(1000, 15), os.signalGroup(1000, 9)]).to.deep.equal(['denied', 'denied']);
    clock.advance(10);
    expect(os.alive).to.deep.equal([1000]);
  });

  it('no longer tells of a process that was released', () => {
    const { os, told, spawn } = setup();
    spawn();
    os.release(1000);
    os.exit(1000);
    expect(told).to.deep.equal(['spawned 1000']);
  });

  it('keeps a record of everything in order', () => {
    const { os, spawn, clock } = setup();
    os.behave((_request, nth) => (nth === 2 ? { fails: 'ENOENT' } : {}));
    spawn();
    spawn('bad');
    clock.advance(7);
    os.signal(1000, 15);
    clock.advance(0);
    os.signalGroup(1000, 9);
    expect(os.actions).to.deep.equal([
      { at_ms: 0, kind: 'spawn', pid: 1000, request: request() },
      { at_ms: 0, kind: 'spawn_failed', errno: 'ENOENT', request: request('bad') },
      { at_ms: 7, kind: 'signal', target: 'process', pid: 1000, signum: 15, result: 'sent' },
      { at_ms: 7, kind: 'exit', pid: 1000, exit: { exit_code: -15, signal: 'SIGTERM' } },
      { at_ms: 7, kind: 'signal', target: 'group', pid: 1000, signum: 9, result: 'gone' },
    ]);
    expect(os.of('signal').map((action) => action.signum)).to.deep.equal([15, 9]);
  });

  it('knows its users and groups, and no others', () => {
    const { os } = setup();
    os.users.set('web', { uid: 33, gid: 34 });
    expect([os.userId('web'), os.userId(7), os.groupId('root'), os.groupId(5)]).to.deep.equal([
      { uid: 33, gid: 34 },
      { uid: 7, gid: 7 },
      0,
      5,
    ]);
    expect(() => os.userId('nemo')).to.throw('there is no user "nemo"');
    expect(() => os.groupId('nemo')).to.throw('there is no group "nemo"');
  });

  it('refuses to end a process that is not there', () => {
    const { os, spawn } = setup();
    spawn();
    expect(() => os.exit(5)).to.throw('there is no live process 5, alive are 1000');
  });
});
