import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, constants, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { rssBytes } from '../fixtures/daemon.js';
import { eachLine, numbered } from '../fixtures/numbered.js';
import { LogRig, script } from '../plugins/logs/kit.js';

const FILLER = 'x'.repeat(84);
const MIB = 1024 * 1024;

/** A file system of its own at a directory. @returns whether it could be mounted */
function mounted(at: string, options: string): boolean {
  mkdirSync(at, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What `output_lost` and `output_resumed` have told: the latter has all of it. */
const lostLines = (rig: LogRig): number =>
  rig.events('output_resumed').reduce((sum, { body }) => sum + ('lines' in body ? Number(body.lines) : 0), 0);

describe('output in trouble: supervision goes on', () => {
  for (const [title, more] of [
    ['', {}],
    [' with rotation', { max_bytes: '3M', backup_count: 100 }],
  ] as const) {
    it(`when the 16 MiB of its disk are full${title}: each line is in a file, whole and in order, or counted as lost`, async () => {
      const count = 400_000;
      const rig = new LogRig((at) => ({
        web: {
          args: [script('lines.mjs'), String(count), FILLER],
          respawn: false,
          // Where nothing may be mounted, the device that is always full.
          stdout: { type: 'file', filename: join(at, 'disk', 'a.log'), ...more },
        },
      }));
      const disk = join(rig.at, 'disk');
      const own = mounted(disk, 'size=16m');
      try {
        if (!own) execFileSync('ln', ['-s', '/dev/full', join(disk, 'a.log')]);
        await rig.supervisor.start();
        await rig.ended();
        await rig.supervisor.stop();
        const files = readdirSync(disk)
          .sort((a, b) => Number(b.slice(6) || 0) - Number(a.slice(6) || 0))
          .map((name) => join(disk, name));
        let [lines, wrong, last] = [0, 0, -1];
        eachLine(own ? files : [], (line) => {
          const [, number, filler] = line.split(' ');
          if (filler !== FILLER || Number(number) <= last) wrong++;
          last = Number(number);
          lines++;
        });
        expect(wrong).to.equal(0);
        expect(lines + lostLines(rig)).to.equal(count);
        if (own) expect(lines * 100).to.be.greaterThan(14 * MIB);
        expect(rig.events('output_lost')).to.have.length(1);
        expect(rig.events('output_lost')[0]?.body).to.include({ stream: 'stdout', error: 'ENOSPC' });
      } finally {
        await rig[Symbol.asyncDispose]().catch((error: unknown) => {
          if (!own) throw error;
        });
        if (own) execFileSync('umount', [disk]);
        rmSync(rig.at, { recursive: true, force: true });
      }
    });
  }

  it('when its directory may only be read, and writing resumes by itself when it may be written', async () => {
    const rig = new LogRig((at) => ({
      web: { args: ['-e', `setInterval(() => console.log("${FILLER}"), 1)`], stdout: join(at, 'ro', 'a.log') },
    }));
    const disk = join(rig.at, 'ro');
    const own = mounted(disk, 'size=1m,ro');
    // Where nothing may be mounted, the right to write is taken away; root has it all the same, but root may mount, or is confined
    // where a directory that is none does.
    if (!own) chmodSync(disk, 0o555);
    const confined = !own && process.getuid?.() === 0;
    if (confined) {
      rmSync(disk, { recursive: true });
      writeFileSync(disk, '');
    }
    try {
      await rig.supervisor.start();
      await eventually(() => rig.events('output_lost').length > 0, { what: 'a loss' });
      expect(rig.events('output_lost')[0]?.body).to.include({ error: own ? 'EROFS' : confined ? 'ENOTDIR' : 'EACCES' });
      expect(rig.watcher().status).to.equal('active');
      if (own) execFileSync('mount', ['-o', 'remount,rw', disk]);
      else if (confined) {
        rmSync(disk);
        mkdirSync(disk);
      } else chmodSync(disk, 0o755);
      await eventually(() => rig.events('output_resumed').length > 0, { what: 'writing to resume' });
      expect(rig.events('output_lost')).to.have.length(1);
      await rig.supervisor.stop();
    } finally {
      await rig.supervisor.stop();
      if (own) execFileSync('umount', [disk]);
      rmSync(rig.at, { recursive: true, force: true });
    }
  });

  for (const when_slow of ['block', 'drop_oldest', 'drop_newest'] as const) {
    it(`with ${when_slow} and a named pipe that nobody reads: others go on, a stop ends, and every line is read or counted`, async () => {
      const count = 40_000;
      const lines = (): readonly string[] => [script('lines.mjs'), String(count), FILLER];
      const rig = new LogRig(
        (at) => ({
          web: {
            args: when_slow === 'block' ? [script('progress.mjs'), join(at, 'progress'), FILLER] : lines(),
            respawn: false,
            stdout: { type: 'file', filename: join(at, 'pipe'), when_slow },
          },
          api: { args: lines(), respawn: false, stdout: join(at, 'api.log') },
        }),
        { slow_buffer: '64K' },
      );
      await using _ = rig;
      execFileSync('mkfifo', [join(rig.at, 'pipe')]);
      mkdirSync(join(rig.at, 'progress'));
      const reader = openSync(join(rig.at, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        await rig.supervisor.start();
        await rig.ended('api');
        expect(numbered([join(rig.at, 'api.log')], FILLER)).to.deep.equal({ lines: count, pids: 1, faults: [] });
        const written = (): number =>
          Number(readdirSync(join(rig.at, 'progress')).map((pid) => rig.text(join('progress', pid)))[0] || -1) + 1;
        // Both pipes are full.
        if (when_slow === 'block') await eventually(() => written() > 1280, { what: 'the process to be held up' });
        else await rig.ended('web');
        const begin = performance.now();
        await rig.supervisor.stop();
        expect(performance.now() - begin).to.be.lessThan(15_000);
        const buffer = Buffer.alloc(MIB);
        const bytes = readSync(reader, buffer);
        const read = buffer.toString('latin1', 0, bytes).split('\n').length - 1;
        expect(read).to.be.greaterThan(500);
        if (when_slow === 'block') {
          expect(read + lostLines(rig)).to.be.within(written(), written() + 2);
          expect(rig.events('output_lost')[0]?.body).to.include({ error: 'closed' });
        } else {
          // A line that is in the pipe in part is counted as lost.
          expect(read + lostLines(rig)).to.be.within(count, count + 1);
          expect(rig.events('output_lost')[0]?.body).to.include({ error: 'slow' });
        }
        expect(rig.events('output_lost')).to.have.length(1);
        expect(rig.events('output_resumed')).to.have.length(1);
      } finally {
        closeSync(reader);
      }
    });
  }

  it('with a named pipe that is read again later: writing resumes by itself, nothing is lost with block', async () => {
    const count = 20_000;
    await using rig = new LogRig((at) => ({
      web: { args: [script('lines.mjs'), String(count), FILLER], respawn: false, stdout: { type: 'file', filename: join(at, 'pipe') } },
    }));
    execFileSync('mkfifo', [join(rig.at, 'pipe')]);
    const reader = openSync(join(rig.at, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    await rig.supervisor.start();
    const copy = spawn('head', ['-n', String(count), join(rig.at, 'pipe')], { stdio: ['ignore', openSync(join(rig.at, 'copy'), 'w'), 2] });
    await once(copy, 'exit');
    closeSync(reader);
    await rig.ended();
    expect(numbered([join(rig.at, 'copy')], FILLER)).to.deep.equal({ lines: count, pids: 1, faults: [] });
    expect(rig.events('output_lost')).to.deep.equal([]);
  });

  it('with a line of 100 MB that has no end: all of it is there, and memory stays bounded', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        cmd: 'sh',
        args: ['-c', 'head -c 100000000 /dev/zero; printf "\\377\\n"'],
        respawn: false,
        stdout: { type: 'file', filename: join(at, 'a.log'), max_bytes: '1M', backup_count: 3, time_format: '%H' },
      },
    }));
    const before = rssBytes(process.pid);
    await rig.ended();
    expect(rssBytes(process.pid) - before).to.be.lessThan(50 * MIB);
    // Between two lines there is none to rotate at.
    expect(
      execFileSync(
        'sh',
        ['-c', 'head -c 12 "$0" | tail -c 2; tail -c +2 "$0" | tr -dc "\\0" | wc -c; tail -c 2 "$0"', join(rig.at, 'a.log')],
        {
          encoding: 'latin1',
        },
      ),
    ).to.match(/100000000\n\u00ff\n$/);
    expect(readdirSync(rig.at)).to.deep.equal(['a.log']);
  });
});

describe('a daemon whose standard output nobody reads', () => {
  const config = (at: string): string => {
    const watchers = {
      loud: { cmd: 'yes', args: [FILLER], stdout: { type: 'stdout' } },
      web: { cmd: 'sleep', args: ['600'] },
    };
    const endpoints = { endpoint: `ipc://${at}/control.sock`, pubsub_endpoint: `ipc://${at}/events.sock` };
    writeFileSync(join(at, 'rm.json'), JSON.stringify({ ...endpoints, watchers, env: { PATH: process.env.PATH } }));
    return join(at, 'rm.json');
  };

  for (const kind of ['socket', 'named pipe'] as const) {
    it(`answers, and ends when it is told to: ${kind}`, async () => {
      await using rig = new LogRig(() => ({}));
      let fd: number | 'pipe' = 'pipe';
      if (kind === 'named pipe') {
        execFileSync('mkfifo', [join(rig.at, 'pipe')]);
        fd = openSync(join(rig.at, 'pipe'), constants.O_RDWR);
      }
      // Node's pipes to its children are sockets; nothing reads this one.
      const daemon: ChildProcess = spawn(process.execPath, [binFile('main'), 'run', config(rig.at)], { stdio: ['ignore', fd, 'pipe'] });
      const ended = once(daemon, 'exit');
      try {
        const ask = (): string => {
          const status = ['status', 'web', '--endpoint', `ipc://${rig.at}/control.sock`];
          return execFileSync(process.execPath, [binFile('main'), ...status], { encoding: 'utf8', timeout: 30_000, stdio: 'pipe' });
        };
        await eventually(() => readdirSync(rig.at).includes('control.sock'), { what: 'the daemon to listen' });
        await eventually(() => expect(ask()).to.contain('active'));
        for (let round = 0; round < 2; round++) expect(ask()).to.contain('active');
        daemon.kill('SIGTERM');
        const [status] = await Promise.race([ended, once(AbortSignal.timeout(30_000), 'abort').then(() => ['does not end'])]);
        expect(status).to.equal(0);
      } finally {
        daemon.kill('SIGKILL');
        if (fd !== 'pipe') closeSync(fd);
        await ended;
      }
    });
  }

  it('opens its files again at SIGHUP', async () => {
    await using rig = new LogRig(() => ({}));
    const file = join(rig.at, 'a.log');
    const endpoints = { endpoint: `ipc://${rig.at}/control.sock`, pubsub_endpoint: `ipc://${rig.at}/events.sock` };
    const web = { cmd: process.execPath, args: [script('talk.mjs'), join(rig.at, 'say')], send_hup: false, stdout: file };
    writeFileSync(join(rig.at, 'rm.json'), JSON.stringify({ ...endpoints, watchers: { web } }));
    const daemon = spawn(process.execPath, [binFile('main'), 'run', join(rig.at, 'rm.json')], { stdio: 'ignore', cwd: dirname(file) });
    const ended = once(daemon, 'exit');
    try {
      writeFileSync(join(rig.at, 'say'), 'one\\n\n');
      await eventually(() => readdirSync(rig.at).includes('a.log'));
      await rig.reads('a.log', /^one\n$/);
      renameSync(file, `${file}.old`);
      daemon.kill('SIGHUP');
      await eventually(() => readdirSync(rig.at).includes('a.log'), { what: 'a new file' });
      writeFileSync(join(rig.at, 'say'), 'one\\n\ntwo\\n\n');
      await rig.reads('a.log', /two\n$/);
    } finally {
      daemon.kill();
      await ended;
    }
  });
});
