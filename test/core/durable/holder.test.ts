import { expect } from 'chai';
import { Holder } from '../../../core/durable/holder.js';
import { OsError } from '../../../core/os/os-error.js';
import { FakeOs, type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';

const KILLED = { exit_code: -9, signal: 'SIGKILL' } as const;

describe('a holder that somebody ends', () => {
  let clock: VirtualClock;
  let os: FakeOs;
  let holder: Holder;
  const lines: LogLine[] = [];
  beforeEach(() => {
    clock = new VirtualClock();
    os = new FakeOs(clock);
    holder = new Holder(
      { os, durable: os.state, clock, log: recordingLogger(lines), directory: '/state/holders', isOurs: () => true },
      'sockets',
    );
  });
  afterEach(async () => {
    const ended = holder.end();
    await clock.advanceAsync(10_000);
    await ended;
    expect(os.alive).to.deep.equal([]);
    expect(clock.pending).to.deep.equal([]);
    expect([...os.state.fifos, ...os.state.holders]).to.deep.equal([]);
  });
  const given = (): readonly unknown[] => [...(os.of('spawn').at(-1)?.request.fds.values() ?? [])];

  it('has another take its place at once, with the same', async () => {
    await holder.hold([7, 9]);
    await clock.advanceAsync(5000);
    os.exit(holder.pid ?? 0, KILLED);
    await clock.advanceAsync(0);
    expect(os.alive).to.deep.equal([holder.pid]);
    expect(given()).to.deep.equal([
      { kind: 'fd', fd: 7 },
      { kind: 'fd', fd: 9 },
    ]);
    expect(lines.at(-1)?.message).to.match(/process 1000 that keeps sockets open has ended \(SIGKILL\)/);
  });

  it('is not started again and again without a pause', async () => {
    await holder.hold([7]);
    os.behave({ exits_after_ms: 0 });
    os.exit(holder.pid ?? 0, KILLED);
    await clock.advanceAsync(10_000);
    expect(os.of('spawn').length).to.be.within(8, 12);
    os.behave({ fails: 'EAGAIN' });
    await clock.advanceAsync(10_000);
    expect(os.of('spawn_failed').length).to.be.within(8, 12);
    os.behave({});
    await clock.advanceAsync(2000);
    expect(os.alive).to.deep.equal([holder.pid]);
  });

  it('has another take its place where it was left by an earlier daemon and has the same already', async () => {
    await holder.hold([7, 9]);
    const { pid } = holder;
    holder = new Holder(
      { os, durable: os.state, clock, log: recordingLogger(lines), directory: '/state/holders', isOurs: () => true },
      'sockets',
    );
    expect([holder.keep([17, 19]), holder.pid]).to.deep.equal([true, pid]);
    await clock.advanceAsync(5000);
    expect(os.of('spawn')).to.have.length(1);
    os.exit(pid ?? 0, KILLED);
    await clock.advanceAsync(0);
    expect(os.alive).to.deep.equal([holder.pid]);
    expect(given()).to.deep.equal([
      { kind: 'fd', fd: 17 },
      { kind: 'fd', fd: 19 },
    ]);
  });

  it('holds on though the files of those before it can not be removed, which is said', async () => {
    await holder.hold([7]);
    const { state } = os;
    const filesOf = state.holderFiles.bind(state);
    let isReadOnly = true;
    state.holderFiles = (...of) => {
      const files = filesOf(...of);
      const sweep = (keep: string | null): void => {
        if (isReadOnly) throw new OsError('EROFS', 'unlink', 'cannot remove it');
        files.sweep(keep);
      };
      return { ...files, sweep };
    };
    holder = new Holder(
      { os, durable: state, clock, log: recordingLogger(lines), directory: '/state/holders', isOurs: () => true },
      'sockets',
    );
    expect(holder.keep([17])).to.equal(true);
    isReadOnly = false;
    expect(lines.at(-1)?.message).to.equal(
      'files of a process that kept sockets open are left: cannot remove it: read-only file system (EROFS)',
    );
  });

  it('keeps nothing that nobody has left', () => {
    expect(holder.keep([7])).to.equal(false);
    expect(os.of('spawn')).to.deep.equal([]);
  });

  it('stays gone where nothing is to be held any more', async () => {
    await holder.hold([7]);
    os.exit(holder.pid ?? 0, KILLED);
    const ended = holder.end();
    await clock.advanceAsync(10_000);
    await ended;
    expect(os.of('spawn')).to.have.length(1);
    expect(os.of('signal')).to.deep.equal([]);
  });
});
