import { spawn as spawnChild } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { chooseOs } from '../../core/os/choose.js';
import type { Os, OutputSink } from '../../core/os/port.js';
import { findHandles } from '../../core/os/posix/handles.js';
import { C, type Libc } from '../../core/os/posix/libc.js';
import { type Kernel, loadKernel, nativeOs } from '../../core/os/posix/native.js';
import { rejects } from '../../core/testing.js';
import { outputOf, run, spawn } from '../fixtures/os.js';

const DIST = resolve('dist');

/** What a script prints that has `os`, `run` and `kernel` at hand; it fails where it does not end by itself. */
async function script(body: string, argv: readonly string[] = ['node']): Promise<string> {
  const [file = '', ...args] = argv;
  const source = `
    import { loadKernel, nativeOs } from '${DIST}/core/os/posix/native.js';
    import { run, outputOf } from '${DIST}/test/fixtures/os.js';
    const kernel = await loadKernel(); const os = nativeOs(kernel);
    ${body}`;
  const child = spawnChild(file, [...args, '--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  child.stderr.on('data', (data) => {
    text += data;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`ended with ${code ?? signal}: ${text}`);
  return text;
}

(process.platform === 'linux' ? describe : describe.skip)('the native form', () => {
  let kernel: Kernel;
  let libc: Libc;
  let os: Os;
  before(async () => {
    kernel = await loadKernel();
    libc = kernel.libc;
    os = nativeOs(kernel);
  });

  it('gives a child nothing of the daemon’s but what it is told to', async () => {
    const fd = libc.fcntl(0, C.F_DUPFD_CLOEXEC, 200);
    libc.fcntl(fd, C.F_SETFD, 0);
    const listed = async (fds: Map<number, { kind: 'inherit' }>): Promise<string> =>
      (await outputOf(os, ['/bin/ls', '/proc/self/fd'], { fds })).trim().replace(/\n/g, ' ');
    // ls itself has the directory open that it lists.
    expect(await listed(new Map())).to.match(/^0 1 2 3$/);
    expect(await listed(new Map([[fd, { kind: 'inherit' }]]))).to.match(new RegExp(`^0 1 2 ${fd} 3$`));
    expect(await listed(new Map([[fd + 5, { kind: 'inherit' }]])).catch((error: Error) => error.message)).to.match(/EBADF/);
    libc.close(fd);
  });

  it('gives each of several processes its own environment, directory and descriptors, one after the other', async () => {
    const env = (value: string) => Object.freeze({ PATH: process.env.PATH ?? '', VALUE: value });
    const [one, two] = [env('ein Wört'), env('')];
    const changing: Record<string, string> = { VALUE: 'before' };
    const said = async (given: Readonly<Record<string, string>>, cwd: string): Promise<string> =>
      await outputOf(os, ['/bin/sh', '-c', 'printf "%s|%s" "$VALUE" "$PWD"'], { env: given, cwd });
    const texts = [await said(one, '/'), await said(two, '/usr'), await said(one, '/'), await said(one, '/usr'), await said(changing, '/')];
    expect(texts.map((text) => Buffer.from(text, 'latin1').toString())).to.deep.equal([
      'ein Wört|/',
      '|/usr',
      'ein Wört|/',
      'ein Wört|/usr',
      'before|/',
    ]);
    changing.VALUE = 'after';
    expect(await said(changing, '/')).to.equal('after|/');
    expect(await spawn(os, ['/bin/true'], { env: one, cwd: '/no/such' })).to.include({ errno: 'ENOENT' });
    expect(await said(one, '/')).to.not.equal('');
    expect(await spawn(os, ['/bin/true'], { env: Object.freeze({ A: 'a\0b' }) })).to.include({ errno: 'EINVAL' });
  });

  it('makes the pipe of a process bigger that has much to say, so that more is read at once', async () => {
    let [most, total] = [0, 0];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const sink: OutputSink = {
      write: (chunk) => {
        most = Math.max(most, chunk.length);
        total += chunk.length;
        return new Promise((resolve) => setTimeout(resolve, 1));
      },
      end: () => end(),
    };
    const { exit } = await run(os, ['/bin/dd', 'if=/dev/zero', 'bs=64k', 'count=320'], { fds: new Map([[1, { kind: 'pipe', sink }]]) });
    await Promise.all([ended, exit]);
    expect(total).to.equal(320 * 65_536);
    expect(most).to.be.above(65_536);
  });

  it('gets every exit code of a thousand spawns with signals coming in and the loop busy', async () => {
    const signals = setInterval(() => process.kill(process.pid, 'SIGWINCH'), 1);
    const ignore = (): void => {};
    process.on('SIGWINCH', ignore);
    const busy = setInterval(() => {
      const until = performance.now() + 20;
      while (performance.now() < until);
    }, 50);
    const wrong: number[] = [];
    for (let round = 0; round < 10; round++) {
      const codes = Array.from({ length: 100 }, (_, index) => (round * 100 + index) % 256);
      const runs = codes.map(async (code) => {
        const { exit } = await run(os, ['/bin/sh', '-c', `exit ${code}`]);
        if ((await exit).exit_code !== code) wrong.push(code);
      });
      await Promise.all(runs);
    }
    clearInterval(signals);
    clearInterval(busy);
    process.off('SIGWINCH', ignore);
    expect(wrong).to.deep.equal([]);
  });

  it('and a host that has its own children never take each other’s exits, though the loop is blocked', async () => {
    const blocker = setInterval(() => {
      const until = performance.now() + 60;
      while (performance.now() < until);
    }, 100);
    const all = Array.from({ length: 150 }, async (_, index) => {
      const command = ['-c', `sleep 0.${index % 10}; exit ${index}`];
      const [host, own] = await Promise.all([
        once(spawnChild('/bin/sh', command, { stdio: 'ignore' }), 'exit').then(([code]) => code),
        run(os, ['/bin/sh', ...command]).then(async ({ exit }) => (await exit).exit_code),
      ]);
      return [index, host, own];
    });
    const codes = await Promise.all(all);
    clearInterval(blocker);
    expect(codes).to.deep.equal(Array.from({ length: 150 }, (_, index) => [index, index, index]));
  });

  it('listens to SIGCHLD only while it has children', async () => {
    const before = process.listenerCount('SIGCHLD');
    const others = nativeOs(kernel);
    const [one, other] = await Promise.all([run(os, ['sleep', '60']), run(others, ['sleep', '60'])]);
    await spawn(os, ['/no/such/file']);
    expect(process.listenerCount('SIGCHLD')).to.equal(before + 1);
    os.signal(one.pid, 9);
    await one.exit;
    expect(process.listenerCount('SIGCHLD')).to.equal(before + 1);
    os.signal(other.pid, 9);
    await other.exit;
    expect(process.listenerCount('SIGCHLD')).to.equal(before);
  });

  it('does not grow over a thousand processes', async () => {
    const round = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 50 }, () => outputOf(os, ['/bin/echo', 'x'])));
    };
    const rss = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
    for (let warm = 0; warm < 10; warm++) await round();
    const before = rss();
    for (let rounds = 0; rounds < 20; rounds++) await round();
    expect(rss() - before).to.be.below(24 * 1024 * 1024);
  });

  it('keeps its host alive while a child runs, and not a moment longer', async () => {
    expect(await script(`const { exit } = await run(os, ['sleep', '0.2']); void exit.then(() => console.log('told'));`)).to.equal('told\n');
    expect(await script(`const { pid } = await run(os, ['sleep', '60']); os.release(pid); process.kill(pid, 9);`)).to.equal('');
  });

  it('reaps what is handed over to it as a subreaper, and leaves no zombie', async () => {
    const text = await script(`
      import { readFileSync } from 'node:fs';
      const koffi = (await import('koffi')).default;
      koffi.load(null).func('int prctl(int, ulong, ulong, ulong, ulong)')(36, 1, 0, 0, 0);
      const family = Array.from({ length: 10 }, () => run(os, ['/bin/sh', '-c', '(sleep 0.2; exit 9) & (sleep 0.1; exit 8) & exit 0']));
      for (const { exit } of await Promise.all(family)) await exit;
      const zombies = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'latin1').trim();
      const keep = await run(os, ['sleep', '60']);
      const until = performance.now() + 30_000;
      while (zombies() !== String(keep.pid) && performance.now() < until) await new Promise((go) => setTimeout(go, 20));
      console.log(zombies() === String(keep.pid) ? 'none' : zombies());
      process.kill(keep.pid, 9);`);
    expect(text).to.equal('none\n');
  });

  (process.getuid?.() === 0 ? it : it.skip)('is PID 1 of a container without leaving zombies', async () => {
    const text = await script(
      `
      import { readFileSync } from 'node:fs';
      const { exit } = await run(os, ['/bin/sh', '-c', '(sleep 0.2) & exit 4']);
      console.log(process.pid, (await exit).exit_code);
      const keep = await run(os, ['sleep', '60']);
      const left = () => readFileSync('/proc/self/task/1/children', 'latin1').trim();
      const until = performance.now() + 30_000;
      while (left() !== String(keep.pid) && performance.now() < until) await new Promise((go) => setTimeout(go, 20));
      console.log(left() === String(keep.pid) ? 'none' : left());
      process.kill(keep.pid, 9);`,
      ['unshare', '--pid', '--fork', '--mount-proc', 'node'],
    );
    expect(text).to.equal('1 4\nnone\n');
  });

  it('reads pipes by Node’s inner handles, and does without them where they can’t be used', async () => {
    expect(await findHandles(libc)).not.to.equal(null);
    const without = nativeOs({ ...kernel, handles: null });
    const wanted = `${Array.from({ length: 100_000 }, (_, index) => index + 1).join('\n')}\n`;
    const text = await Promise.all([os, without].map((form) => outputOf(form, ['seq', '1', '100000'])));
    expect(text.map((one) => one === wanted)).to.deep.equal([true, true]);
  });

  it('does not take a pause of its own process for something that does not work', async () => {
    // Longer than the deadlines of both: their timers are due before anything is read.
    const text = await script(`
      const { findHandles } = await import('${DIST}/core/os/posix/handles.js');
      const { selfTest } = await import('${DIST}/core/os/self-test.js');
      const found = findHandles(kernel.libc);
      const tested = selfTest(os);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5500);
      console.log((await found) !== null, await tested.then(() => 'passed', String));`);
    expect(text.trim()).to.equal('true passed');
  }).timeout(30_000);
});

(process.platform === 'linux' ? describe : describe.skip)('the environment, seen without reading it', () => {
  it('is the same until somebody changes it', async () => {
    const text = await script(`
      const version = os.environmentVersion;
      const first = version();
      console.log('same', version() === first);
      delete process.env.PATH;
      const second = version();
      console.log('changed', second !== first, 'same', version() === second);`);
    expect(text).to.equal('same true\nchanged true same true\n');
  });

  it('can not be told to be the same once a variable was set, or process.env is an object of somebody else', async () => {
    const text = await script(`
      const version = os.environmentVersion;
      process.env.HERE = '1';
      console.log(version() !== version());
      delete process.env.HERE;
      console.log(version() !== version());`);
    expect(text).to.equal('true\ntrue\n');
    const replaced = await script(`
      const version = os.environmentVersion;
      const before = version();
      process.env = { ...process.env };
      console.log(version() !== before, version() !== version());`);
    expect(replaced).to.equal('true true\n');
  });

  it('of processes is the daemon’s as it is when they are spawned', async () => {
    const text = await script(`
      import { Surroundings } from '${DIST}/core/surroundings.js';
      let round = 0;
      const surroundings = new Surroundings({ get round() { return round++; } }, () => os);
      const parts = { copy_env: true, own: {}, common: {} };
      const seen = () => surroundings.envOf(parts);
      const first = seen();
      console.log(seen() === first);
      process.env.HERE = '1';
      console.log(seen().HERE);
      process.env.HERE = '2';
      console.log(seen().HERE);
      delete process.env.HERE;
      console.log('HERE' in seen());`);
    expect(text).to.equal('true\n1\n2\nfalse\n');
  });
});

describe('choosing a form of the operating system', () => {
  const before = process.env.RINGMASTER_OS;
  afterEach(() => {
    if (before === undefined) delete process.env.RINGMASTER_OS;
    else process.env.RINGMASTER_OS = before;
  });

  it('takes the one that RINGMASTER_OS names', async () => {
    process.env.RINGMASTER_OS = 'portable';
    expect((await chooseOs()).name).to.equal('portable');
  });

  it('says which there are where RINGMASTER_OS names none', async () => {
    process.env.RINGMASTER_OS = 'turbo';
    const { message } = await rejects(chooseOs(), 'RM_OS_FORM');
    expect(message).to.match(/RINGMASTER_OS=turbo.*native and portable/);
  });

  (process.platform === 'linux' ? it : it.skip)('says why where the native one does not work', async () => {
    const text = await script(`
      import { Worker } from 'node:worker_threads';
      const source = \`import { chooseOs } from 'file://${DIST}/core/os/choose.js';
        const log = { warn: (message) => console.log(message) };
        console.log((await chooseOs(log)).name);\`;
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));`);
    expect(text)
      .to.match(/through Node alone.*worker thread; missing: managed sockets/)
      .and.match(/portable/);
  });
});
