import { execFileSync, spawn as spawnChild } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { type Exit, UNKNOWN_EXIT } from '../../core/hooks.js';
import type { DurableOs, ProcessIdentity } from '../../core/os/durable.js';
import type { Os } from '../../core/os/port.js';
import { portableOs } from '../../core/os/portable.js';
import { type Kernel, loadKernel, nativeOs } from '../../core/os/posix/native.js';
import { eventually, rejects } from '../../core/testing.js';
import { isAlive } from '../fixtures/real.js';
import { CAN_MOUNT, SmallDisk } from '../fixtures/small-disk.js';
import { textOf } from '../fixtures/text-of.js';

/** A process in a session of its own whose parent is gone. */
function orphan(command: string, env: Readonly<Record<string, string>> = {}): number {
  const text = execFileSync('/bin/sh', ['-c', `setsid sh -c '${command}' >/dev/null 2>&1 & echo $!`], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  return Number(text);
}

/** An orphan that ends with this exit code when it gets SIGUSR1, and not before it was taken over. */
async function ending(exit_code: number): Promise<number> {
  const pid = orphan(`trap "exit ${exit_code}" USR1; while :; do sleep 0.05; done`);
  const caught = (): bigint => BigInt(`0x${/^SigCgt:\s+(\w+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0}`);
  await eventually(() => (caught() >> BigInt(constants.signals.SIGUSR1 - 1)) & 1n, { what: 'the shell to have its trap' });
  return pid;
}

/** What adopting tells, as a promise. */
function adopt(
  durable: DurableOs,
  identity: ProcessIdentity,
): { readonly adopted: boolean; readonly exit: Promise<Exit>; readonly told: () => number } {
  let tell: (exit: Exit) => void = () => {};
  let times = 0;
  const exit = new Promise<Exit>((done) => {
    tell = done;
  });
  const exited = (how: Exit): void => {
    times++;
    tell(how);
  };
  return { adopted: durable.adopt(identity, { exited }), exit, told: () => times };
}

(process.platform === 'linux' ? describe : describe.skip)('a process of another supervisor, taken over by the native form', () => {
  let kernel: Kernel;
  let os: Os;
  let durable: DurableOs;
  const left: number[] = [];
  before(async () => {
    kernel = await loadKernel();
    os = nativeOs(kernel);
    durable = await os.durable();
  });
  afterEach(() => {
    for (const pid of left.splice(0)) {
      os.release(pid);
      if (isAlive(pid)) process.kill(-pid, 'SIGKILL');
    }
  });

  /** Waits until it leads a group of its own. */
  function settled(pid: number): Promise<ProcessIdentity> {
    left.push(pid);
    return eventually(
      () => {
        const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' });
        return Number(group) === pid ? durable.identify(pid) : null;
      },
      { what: 'an orphan' },
    );
  }

  it('is told to have ended, with its status, though another has reaped it', async () => {
    const identity = await settled(await ending(42));
    const { adopted, exit } = adopt(durable, identity);
    expect(adopted).to.equal(true);
    process.kill(identity.pid, 'SIGUSR1');
    expect(await exit).to.deep.equal({ exit_code: 42, signal: null });
  });

  it('is told to have ended at once, with the signal that it was sent by the port', async () => {
    const identity = await settled(orphan('exec sleep 100'));
    const { exit } = adopt(durable, identity);
    expect(os.signal(identity.pid, 0)).to.equal('sent');
    const begun_ms = performance.now();
    expect(os.signal(identity.pid, 9)).to.equal('sent');
    expect(await exit).to.deep.equal({ exit_code: -9, signal: 'SIGKILL' });
    expect(performance.now() - begun_ms).to.be.lessThan(2000);
    await eventually(() => !os.groupAlive(identity.pid), { what: 'nobody to be left' });
  });

  it('has its group signalled, after its own end too, until that is empty', async () => {
    const identity = await settled(orphan('sleep 100 & sleep 100 & wait'));
    const { exit } = adopt(durable, identity);
    await eventually(() => os.children(identity.pid, true).length === 2, { what: 'its children' });
    const children = os.children(identity.pid, true);
    os.signal(identity.pid, 9);
    await exit;
    expect(os.groupAlive(identity.pid)).to.equal(true);
    expect(os.signalGroup(identity.pid, 15)).to.equal('sent');
    await eventually(() => !os.groupAlive(identity.pid), { what: 'the group to be empty' });
    expect(children.filter(isAlive)).to.deep.equal([]);
  });

  it('is not taken for a stranger with its pid', async () => {
    const identity = await settled(orphan('exec sleep 100'));
    expect(adopt(durable, { ...identity, start_ticks: identity.start_ticks - 1 }).adopted).to.equal(false);
    expect(durable.identify(identity.pid)).to.include({ start_ticks: identity.start_ticks });
  });

  it('is not taken over when it is gone', async () => {
    const identity = await settled(orphan('exec sleep 100'));
    process.kill(identity.pid, 'SIGKILL');
    await eventually(() => durable.identify(identity.pid) === null, { what: 'PID 1 to have reaped it' });
    expect(adopt(durable, identity).adopted).to.equal(false);
  });

  it('is told nothing of once it is released, and costs no descriptor then', async () => {
    const identity = await settled(orphan('exec sleep 100'));
    const before = readdirSync('/proc/self/fd').length;
    const { told } = adopt(durable, identity);
    expect(readdirSync('/proc/self/fd').length).to.be.greaterThan(before);
    os.release(identity.pid);
    process.kill(identity.pid, 'SIGKILL');
    await eventually(() => durable.identify(identity.pid)?.alive !== true, { what: 'its end' });
    const other = await settled(await ending(3));
    const { exit } = adopt(durable, other);
    process.kill(other.pid, 'SIGUSR1');
    expect(await exit).to.deep.equal({ exit_code: 3, signal: null });
    await eventually(() => !os.groupAlive(other.pid), { what: 'nobody to be left' });
    expect(told()).to.equal(0);
    await eventually(() => readdirSync('/proc/self/fd').length <= before, { what: 'its descriptors to be closed' });
  });

  it('is reaped where it is a child of this process after all', async () => {
    const place = { cwd: '/', table: new Map([0, 1, 2].map((fd) => [fd, null])) };
    const start = (file: string, ...words: readonly string[]): number => {
      const request = { file, argv: [file, ...words], env: {}, cwd: '/', fds: new Map(), rlimits: {} };
      return kernel.spawner.start(kernel.images.certain(request), place);
    };
    const pid = start('/bin/sh', '-c', 'sleep 0.2; exit 5');
    const identity = durable.identify(pid);
    if (identity === null) throw new Error('there is no child');
    const { adopted, exit } = adopt(durable, identity);
    expect(adopted).to.equal(true);
    expect(await exit).to.deep.equal({ exit_code: 5, signal: null });
    expect(durable.identify(pid)).to.equal(null);
    const dead = start('/bin/true');
    const zombie = durable.identify(dead);
    if (zombie === null) throw new Error('there is no child');
    await eventually(() => !isAlive(dead), { what: 'its end' });
    expect(await adopt(durable, zombie).exit).to.deep.equal({ exit_code: 0, signal: null });
  });

  it('is found by its token, with what it has started', async () => {
    const id = `test-${process.pid}`;
    const token = `${id}.${performance.now()}`;
    const pid = orphan('sleep 100 & wait', { RINGMASTER_SPAWN: token });
    left.push(pid);
    const all = await eventually(
      () => {
        const marked = durable.find(new Set(['nobody', token])).get(token) ?? [];
        return marked.length === 2 ? marked : undefined;
      },
      { what: 'both to run' },
    );
    expect(durable.findOf(new Set(['nobody', id]))).to.deep.equal(new Map([[token, all]]));
    expect(durable.findOf(new Set(['test'])).size).to.equal(0);
    const leader = all.find((one) => one.pid === pid);
    expect(leader).to.include({ pid, pgid: pid, sid: pid, start_ticks: durable.identify(pid)?.start_ticks });
    expect(leader?.started).to.be.closeTo(Date.now() / 1000, 10);
    expect(all.map(({ pgid }) => pgid)).to.deep.equal([pid, pid]);
    expect(durable.find(new Set(['nobody'])).size).to.equal(0);
  });

  it('has ended in a way that nobody knows where nobody reaps it, which is said', async () => {
    // The parent is alive, and never waits.
    const parent = spawnChild('/usr/bin/python3', [
      '-c',
      'import os,time\nif os.fork() == 0:\n  os.setsid(); os.read(0, 1); os._exit(0)\ntime.sleep(100)',
    ]);
    try {
      const pid = await eventually(() => os.children(parent.pid ?? 0, false)[0], { what: 'a child' });
      const { exit } = adopt(durable, await settled(pid));
      parent.stdin.end('.');
      expect(await exit).to.deep.equal(UNKNOWN_EXIT);
      os.release(pid);
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });
});

(process.platform === 'linux' ? describe : describe.skip)('a state directory', () => {
  let durable: DurableOs;
  let directory: string;
  before(async () => {
    durable = await nativeOs(await loadKernel()).durable();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is made for its owner only, with what is above it', () => {
    const path = join(directory, 'a/b');
    durable.take(path).close();
    expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('is one supervisor’s, and the refusal names who has it', () => {
    const path = join(directory, 'state');
    const first = durable.take(path);
    expect(() => durable.take(path)).to.throw(`the state directory ${path} is in use by pid ${process.pid} (`);
    first.close();
    durable.take(path).close();
  });

  it('is asked for by its path alone, so that one that does not answer any more is as good as gone', async () => {
    const path = join(directory, 'state');
    const state = durable.take(path);
    expect(await state.look()).to.equal('without_journal');
    // As where the file system is gone: its descriptor says nothing.
    state.close();
    expect(await state.look()).to.equal('without_journal');
    rmSync(path, { recursive: true });
    expect(await state.look()).to.equal('elsewhere');
  });

  it('that was removed and is another supervisor’s by now is left alone', async () => {
    const path = join(directory, 'state');
    const first = durable.take(path);
    first.journal.replace('mine', 4096);
    rmSync(path, { recursive: true });
    const second = durable.take(path);
    second.journal.replace('theirs', 4096);
    expect(() => first.journal.replace('mine again', 4096)).to.throw(`${path} is another directory by now`);
    expect(() => first.retake()).to.throw('is in use by pid');
    first.journal.remove();
    first.close();
    expect(Buffer.from(second.journal.read() ?? []).toString()).to.match(/^theirs\0*$/);
    second.close();
  });

  it('is free as soon as its supervisor is killed', async () => {
    const path = join(directory, 'state');
    const source = `
      import { loadKernel, nativeOs } from '${resolve('dist')}/core/os/posix/native.js';
      (await nativeOs(await loadKernel()).durable()).take('${path}');
      console.log('taken'); setInterval(() => {}, 1e6);`;
    const other = spawnChild(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    expect(() => durable.take(path)).to.throw(`in use by pid ${other.pid} (`);
    other.kill('SIGKILL');
    await once(other, 'exit');
    durable.take(path).close();
  });

  it('is refused where it is a link, a file, or others may write to it', () => {
    const at = (name: string): string => join(directory, name);
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o777);
    mkdirSync(at('target'), { mode: 0o700 });
    symlinkSync(at('target'), at('link'));
    writeFileSync(at('file'), '');
    for (const [name, why] of [
      ['open', 'others may write to it'],
      ['link', 'it is a symbolic link'],
      ['file', 'it is no directory'],
      ['file/below', 'it can not be looked at: ENOTDIR'],
    ] as const)
      expect(() => durable.take(at(name)), name)
        .to.throw(why)
        .with.property('code', 'RM_STATE_DIR');
  });

  (CAN_MOUNT ? it : it.skip)('is refused where the file system is read-only, unless somebody has left a journal there', () => {
    using disk = SmallDisk.mount(join(directory, 'disk'));
    const path = join(disk.path, 'state');
    disk.remount('ro');
    for (const missing of [path, join(path, 'below')])
      expect(() => durable.take(missing))
        .to.throw(`cannot use the state directory ${missing}: it can not be made: EROFS: read-only file system`)
        .with.property('code', 'RM_STATE_DIR');
    disk.remount('rw');
    durable.take(path).close();
    disk.remount('ro');
    expect(() => durable.take(path)).to.throw('it can not be written to: EROFS: read-only file system');
    disk.remount('rw');
    writeFileSync(join(path, 'journal'), '');
    disk.remount('ro');
    durable.take(path).close();
  });

  it('is refused where others may put another in its place', () => {
    const above = join(directory, 'shared');
    mkdirSync(above);
    chmodSync(above, 0o777);
    expect(() => durable.take(join(above, 'state'))).to.throw(`others may put another in its place, for ${above} belongs to uid`);
    chmodSync(above, 0o1777);
    durable.take(join(above, 'state')).close();
  });

  it('is nothing for the portable form, which says what is needed', async () => {
    const error = await rejects(portableOs().durable(), 'RM_NOT_DURABLE');
    expect(error.message).to.include('it needs Linux and the native form');
  });
});
