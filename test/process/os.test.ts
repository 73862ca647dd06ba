import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FdSource, Os } from '../../core/os/port.js';
import { eventually } from '../../core/testing.js';
import { FORMS, Output, outputOf, run, spawn } from '../fixtures/os.js';

const ROOT = process.getuid?.() === 0;
const LINUX = process.platform === 'linux';
/** What only Linux has: elsewhere mocha tells that it is left out. */
const onLinux = LINUX ? it : it.skip;

for (const [name, form] of FORMS) {
  describe(`the operating system, ${name}`, () => {
    let os: Os;
    let directory: string;
    before(async () => {
      os = await form();
      directory = mkdtempSync(join(tmpdir(), 'ringmaster-os-'));
    });
    after(() => rmSync(directory, { recursive: true }));

    it('is the one asked for', () => {
      expect(os.name).to.equal(name);
    });

    it('tells exit codes, and signals as negative ones', async () => {
      const commands = ['exit 0', 'exit 3', 'exit 255', 'kill -TERM $$', 'kill -KILL $$', 'kill -QUIT $$'];
      const exits = commands.map(async (command) => (await run(os, ['/bin/sh', '-c', command])).exit);
      expect(await Promise.all(exits)).to.deep.equal([
        { exit_code: 0, signal: null },
        { exit_code: 3, signal: null },
        { exit_code: 255, signal: null },
        { exit_code: -15, signal: 'SIGTERM' },
        { exit_code: -9, signal: 'SIGKILL' },
        { exit_code: -3, signal: 'SIGQUIT' },
      ]);
    });

    it('gives a process its arguments, its environment and nothing else, and its directory', async () => {
      // Three are the shell's own; the fourth Node hands to every child, so that coverage is whole.
      const script = 'echo "$0"; echo "$1"; pwd; env | grep -v "^PWD=\\|^_=\\|^SHLVL=\\|^NODE_V8_COVERAGE=" | sort';
      const text = await outputOf(os, ['/bin/sh', '-c', script, 'zero', 'ünï "x" $y'], {
        env: { PATH: '/usr/bin:/bin', GREETING: 'hällo\nworld' },
        cwd: '/usr',
      });
      const seen = Buffer.from(text, 'latin1').toString('utf8');
      expect(seen).to.equal('zero\nünï "x" $y\n/usr\nGREETING=hällo\nPATH=/usr/bin:/bin\nworld\n');
    });

    onLinux('puts it at the head of a session and a group of its own, with every signal as at first', async () => {
      const output = new Output();
      const { pid, exit } = await run(os, ['/bin/cat', '/proc/self/stat', '/proc/self/status'], {
        fds: new Map([[1, { kind: 'pipe', sink: output }]]),
      });
      await exit;
      const text = await output.ended;
      const [, , pgrp, session] = text.split(') ')[1]?.split(' ') ?? [];
      expect([Number(pgrp), Number(session)]).to.deep.equal([pid, pid]);
      expect(text).to.match(/^SigBlk:\t0{16}$/m);
      expect(Number.parseInt(/^SigIgn:\t([0-9a-f]{16})$/m.exec(text)?.[1] ?? '', 16) % 2 ** 31).to.equal(0);
    });

    // Node has no way to give a child one pipe twice.
    if (name === 'native') {
      it('keeps the order of two descriptors that are the same pipe', async () => {
        const output = new Output();
        const fds = new Map<number, FdSource>([
          [1, { kind: 'pipe', sink: output }],
          [2, { kind: 'same', as: 1 }],
        ]);
        await run(os, ['/bin/sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do echo out $i; echo err $i >&2; done'], { fds });
        expect(await output.ended).to.equal([1, 2, 3, 4, 5, 6, 7, 8].map((i) => `out ${i}\nerr ${i}\n`).join(''));
      });
    }

    it('reads two pipes into two sinks, and tells each of its end', async () => {
      const [out, err] = [new Output(), new Output()];
      const fds = new Map<number, FdSource>([
        [1, { kind: 'pipe', sink: out }],
        [2, { kind: 'pipe', sink: err }],
      ]);
      await run(os, ['/bin/sh', '-c', 'echo one; echo two >&2'], { fds });
      expect(await Promise.all([out.ended, err.ended])).to.deep.equal(['one\n', 'two\n']);
    });

    it('loses nothing of much output, to the last breath', async () => {
      const text = await outputOf(os, ['/bin/sh', '-c', 'seq 1 200000; printf end']);
      const wanted = `${Array.from({ length: 200_000 }, (_, index) => index + 1).join('\n')}\nend`;
      expect(text === wanted).to.equal(true);
    });

    it('reads no further while the sink is behind, and on when it has caught up', async () => {
      let waiting: (() => void) | null = null;
      let taken = 0;
      const ended = new Promise<void>((end) => {
        const sink = {
          write(chunk: Uint8Array) {
            expect(waiting).to.equal(null);
            taken += chunk.length;
            return new Promise<void>((resolve) => {
              waiting = () => {
                waiting = null;
                resolve();
              };
            });
          },
          end,
        };
        void run(os, ['/bin/sh', '-c', 'head -c 1000000 /dev/zero'], { fds: new Map([[1, { kind: 'pipe', sink }]]) });
      });
      const pump = setInterval(() => waiting?.(), 1);
      await ended;
      clearInterval(pump);
      expect(taken).to.equal(1_000_000);
    });

    onLinux('hands on any descriptor under any number, swapped ones too', async () => {
      writeFileSync(join(directory, 'a'), 'A');
      writeFileSync(join(directory, 'b'), 'B');
      const [a, b] = [openSync(join(directory, 'a'), 'r'), openSync(join(directory, 'b'), 'r')];
      const fds = new Map<number, FdSource>([
        [a, { kind: 'fd', fd: b }],
        [b, { kind: 'fd', fd: a }],
      ]);
      const text = await outputOf(os, ['/bin/sh', '-c', `cat /proc/self/fd/${a} /proc/self/fd/${b}`], { fds });
      closeSync(a);
      closeSync(b);
      expect(text).to.equal('BA');
    });

    it('says at once what can not be done, by errno and in words', async () => {
      writeFileSync(join(directory, 'plain'), 'data');
      writeFileSync(join(directory, 'lost'), '#!/no/such/interpreter\n', { mode: 0o755 });
      writeFileSync(join(directory, 'bare'), 'exit 0\n', { mode: 0o755 });
      symlinkSync('loop', join(directory, 'loop'));
      const limited = { rlimits: { core: 0 } };
      const failures: readonly [string, readonly string[], object, string, RegExp][] = [
        ['no such command', ['no-such-command'], {}, 'ENOENT', /no-such-command: not found in PATH/],
        ['no such file', ['/no/such/file'], {}, 'ENOENT', /\/no\/such\/file/],
        ['not executable', [join(directory, 'plain')], {}, 'EACCES', /plain: not executable/],
        ['a directory', ['/tmp'], {}, 'EACCES', /\/tmp/],
        ['its interpreter is not there', [join(directory, 'lost')], {}, 'ENOENT', /lost/],
        ['no such directory', ['true'], { cwd: '/no/such/place' }, 'ENOENT', /working_dir \/no\/such\/place/],
        ['not a directory', ['true'], { cwd: '/etc/passwd' }, 'ENOTDIR', /working_dir/],
        ['too long', ['true', 'x'.repeat(4 * 1024 * 1024)], {}, 'E2BIG', /E2BIG/],
        ['its interpreter is not there, with a limit', [join(directory, 'lost')], limited, 'ENOENT', /interpreter \/no\/such\/interpreter/],
        ['neither a program nor a script', [join(directory, 'bare')], {}, 'ENOEXEC', /bare: neither/],
        ['neither of them, with a limit', [join(directory, 'bare')], limited, 'ENOEXEC', /bare: neither/],
        ['a zero byte', ['true', 'a\0b'], {}, 'EINVAL', /zero byte in the command/],
        ['a zero byte in a variable', ['true'], { env: { A: 'a\0b' } }, 'EINVAL', /zero byte in "A" of env/],
        ['a zero byte in the directory', ['true'], { cwd: '/tmp\0' }, 'EINVAL', /zero byte in working_dir/],
        [
          'a directory of PATH that leads to itself',
          ['no-such'],
          { env: { PATH: `${join(directory, 'loop')}:/bin` } },
          'ENOENT',
          /not found in/,
        ],
        ['a directory of PATH that is a file', ['no-such'], { env: { PATH: '/etc/passwd:/usr/bin' } }, 'ENOENT', /not found in PATH/],
        ['no command', [''], {}, 'ENOENT', /empty/],
      ];
      for (const [title, argv, more, errno, message] of failures) {
        const spawned = await spawn(os, argv, more);
        expect(spawned, title).to.include({ errno });
        expect(spawned, title).to.have.property('message').that.matches(message);
      }
    });

    it('finds a command where PATH has it first at that moment', async () => {
      const places = ['early', 'middle', 'late'].map((name) => join(directory, name));
      for (const place of places) mkdirSync(place);
      const [early = '', middle = '', late = ''] = places.map((place) => join(place, 'which-one'));
      const [argv, env] = [Object.freeze(['which-one']), Object.freeze({ PATH: places.join(':') })];
      const found = async (): Promise<string> => (await outputOf(os, argv, { env })).trim();
      const put = (file: string, what: string): void => writeFileSync(file, `#!/bin/sh\necho ${what}\n`, { mode: 0o755 });
      put(middle, 'middle');
      expect([await found(), await found()]).to.deep.equal(['middle', 'middle']);
      put(early, 'early');
      expect(await found()).to.equal('early');
      chmodSync(early, 0o644);
      expect([await found(), await found()]).to.deep.equal(['middle', 'middle']);
      rmSync(early);
      expect([await found(), await found()]).to.deep.equal(['middle', 'middle']);
      renameSync(middle, late);
      expect(await found()).to.equal('middle');
      put(late, 'late');
      expect(await found()).to.equal('late');
      rmSync(late);
      expect(await spawn(os, argv, { env }))
        .to.include({ errno: 'ENOENT' })
        .and.have.property('message')
        .that.matches(/not found in PATH/);
      put(late, 'again');
      expect(await found()).to.equal('again');
    });

    onLinux('sets limits, umask and niceness, whatever PATH the process has', async () => {
      const text = await outputOf(os, ['/bin/sh', '-c', 'ulimit -n; ulimit -c; umask; nice'], {
        env: { PATH: '/usr/bin:/bin' },
        rlimits: { nofile: 123, core: 0 },
        umask: 0o027,
        nice: 5,
      });
      expect(text).to.equal('123\n0\n0027\n5\n');
      expect(await outputOf(os, ['/bin/sh', '-c', 'ulimit -n'], { env: { PATH: '/nowhere' }, rlimits: { nofile: 124 } })).to.equal('124\n');
    });

    (ROOT ? onLinux : it.skip)('runs a process as another user, with the groups of that user only', async () => {
      const status = await outputOf(os, ['/bin/cat', '/proc/self/status'], { uid: 65534, gid: 65534 });
      expect(status)
        .to.match(/^Uid:\t65534\t65534\t65534\t65534$/m)
        .and.match(/^Gid:\t65534\t65534\t65534\t65534$/m)
        .and.match(/^Groups:\t65534 ?$/m)
        .and.match(/^CapEff:\t0{16}$/m);
    });

    (ROOT ? onLinux : it.skip)('has the loader heed the variables of a process only with the rights of its user', async () => {
      chmodSync(directory, 0o755);
      const show = { LD_SHOW_AUXV: '1', MALLOC_CHECK_: '3', PATH: '/usr/bin:/bin', 'with.dot': 'x' };
      const as = { uid: 65534, gid: 65534, env: show };
      const strange = join(directory, 'a=b');
      symlinkSync('/usr/bin/env', strange);
      for (const [argv, more] of [
        [['env'], { umask: 0o027, nice: 1, rlimits: { nofile: 123 } }],
        [['env'], {}],
        [[strange], {}],
      ] as const) {
        const text = await outputOf(os, argv, { ...as, ...more });
        // What the loader itself says, in every program that it loads with this variable.
        for (const [, uid] of text.matchAll(/^AT_UID:\s+(\d+)$/gm)) expect(uid).to.equal('65534');
        expect(text)
          .to.match(/^LD_SHOW_AUXV=1$/m)
          .and.match(/^MALLOC_CHECK_=3$/m);
        if (!('umask' in more)) expect(text).to.match(/^with\.dot=x$/m);
      }
    });

    onLinux('refuses more open files than the kernel allows anybody', async () => {
      const refused = await spawn(os, ['true'], { rlimits: { nofile: 2 ** 40 } });
      expect(refused)
        .to.include({ errno: 'EPERM' })
        .and.to.have.property('message')
        .that.matches(/fs\.nr_open/);
    });

    (ROOT ? onLinux : it.skip)('says that the other user may not execute the command, or not come near it', async () => {
      chmodSync(directory, 0o755);
      mkdirSync(join(directory, 'closed'));
      for (const [file, mode] of [
        ['own', 0o700],
        ['closed/all', 0o755],
      ] as const) {
        writeFileSync(join(directory, file), '#!/bin/sh\n', { mode });
        chmodSync(join(directory, 'closed'), 0o700);
        const refused = await spawn(os, [join(directory, file)], { uid: 65534, gid: 65534 });
        expect(refused, file).to.include({ errno: 'EACCES' });
        expect((await run(os, [join(directory, file)], { uid: 0, gid: 0 })).pid, file).to.be.greaterThan(0);
      }
    });

    it('keeps the host alive for no process that was released, and tells nothing of its end', async () => {
      let told = false;
      const pid = await new Promise<number>((resolve, reject) => {
        os.spawn(
          { file: '/bin/sleep', argv: ['sleep', '60'], env: {}, cwd: '/', fds: new Map(), rlimits: {} },
          {
            spawned: resolve,
            failed: (_, message) => reject(new Error(message)),
            exited: () => {
              told = true;
            },
          },
        );
      });
      os.release(pid);
      os.signal(pid, 9);
      await eventually(() => os.signal(pid, 0) === 'gone');
      expect(told).to.equal(false);
    });

    onLinux('leaves no descriptor open, whatever comes of a spawn', async () => {
      const count = (): number => readdirSync('/proc/self/fd').length;
      await outputOf(os, ['true']);
      const before = count();
      for (let round = 0; round < 20; round++) {
        await outputOf(os, ['/bin/echo', 'x']);
        await spawn(os, ['/no/such/file'], { fds: new Map([[1, { kind: 'pipe', sink: new Output() }]]) });
        await spawn(os, ['true', 'x'.repeat(4 * 1024 * 1024)], { fds: new Map([[1, { kind: 'pipe', sink: new Output() }]]) });
      }
      await eventually(() => expect(count()).to.equal(before));
    });
  });
}
