import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { OutputDaemonOptions } from '../../fixtures/durable/output-daemon.js';
import { type Numbered, numbered } from '../../fixtures/numbered.js';
import { AS_OTHER_USER, OTHER_UID } from '../../fixtures/other-user.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/durable/output-daemon.js', import.meta.url));
const FILLER = 'x'.repeat(60);
const PREFIX = /^\d\d:\d\d:\d\d \[\d+\] \| /;
/** Has so much in pipes that its user is given only tiny ones from then on. @source pipe(7), /proc/sys/fs/pipe-user-pages-soft, 16384 */
const HOG = `$| = 1; for my $bytes (1048576, 65536) {
do { pipe my $r, my $w or die; push @k, $r, $w } while fcntl $k[-1], 1031, $bytes and fcntl($k[-1], 1032, 0) == $bytes;
} print "ready\n"; sleep 600`;
/** So much at once, with time and pid before each line, is of a pipe that was made to hold more than others. */
const WIDE = { workers: 2, lines: 150_000, max_bytes: 2_000_000, least_bytes: 100_000 };
const DEFAULTS = { max_bytes: 20_000, workers: 4, lines: 2000, filler: FILLER, pause_s: 0 };

/** A daemon of which the end, an exit code or a signal, is known later. */
interface Daemon {
  readonly ready: Promise<unknown>;
  readonly ended: Promise<string>;
  kill(): void;
}

describe('output of processes whose daemon is killed', () => {
  let at: string;
  const daemons: ChildProcess[] = [];

  beforeEach(() => {
    at = mkdtempSync(join(tmpdir(), 'kept-outputs-'));
    mkdirSync(join(at, 'state'), { mode: 0o700 });
  });

  afterEach(() => {
    for (const daemon of daemons.splice(0)) daemon.kill('SIGKILL');
    const holders = join(at, 'state', 'holders');
    for (const name of existsSync(holders) ? readdirSync(holders) : []) {
      if (name.endsWith('.json')) process.kill(JSON.parse(readFileSync(join(holders, name), 'utf8')).pid, 'SIGKILL');
    }
    rmSync(at, { recursive: true });
  });

  function start(more: Partial<OutputDaemonOptions> = {}, under: readonly string[] = []): Daemon {
    const options: OutputDaemonOptions = { ...DEFAULTS, state_dir: join(at, 'state'), log: join(at, 'log'), ...more };
    const [program = '', ...words] = [...under, process.execPath, PROGRAM, JSON.stringify(options)];
    const daemon = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    daemons.push(daemon);
    return {
      ready: once(daemon.stdout, 'data'),
      ended: once(daemon, 'exit').then(([code, signal]) => String(signal ?? code)),
      kill: () => void daemon.kill('SIGKILL'),
    };
  }

  /** What is in all files, the oldest first. */
  function read(): Numbered {
    const age = (name: string): number => Number(name.split('.')[1] ?? 0);
    const files = readdirSync(at).filter((name) => name.startsWith('log'));
    const paths = files.sort((a, b) => age(b) - age(a)).map((name) => join(at, name));
    return numbered(paths, FILLER, (line) => line.replace(PREFIX, ''));
  }

  const whole = (workers: number, lines: number): Numbered => ({ lines: workers * lines, pids: workers, faults: [] });

  for (const when of ['before', 'during', 'after'] as const) {
    it(`is in the files once, though it dies ${when} it writes, again and again`, async () => {
      for (let life = 0; life < 5; life++) {
        const { ended } = start({ lines: 5000, die: { write: 1 + (life % 4), when } });
        expect(await ended).to.equal('SIGKILL');
      }
      expect(await start().ended).to.equal('0');
      expect(read()).to.deep.equal(whole(4, 5000));
    });
  }

  it('is in the files once, though it dies while it writes a lot at once, from pipes that were made to hold more', async () => {
    const { least_bytes, ...more } = WIDE;
    for (const [life, when] of (['before', 'during', 'after'] as const).entries()) {
      expect(await start({ ...more, die: { write: 1 + life, least_bytes, when } }).ended).to.equal('SIGKILL');
    }
    expect(await start(more).ended).to.equal('0');
    expect(read()).to.deep.equal(whole(2, 150_000));
  });

  it('is in the files once, whenever it is killed', async () => {
    for (let kill = 0; kill < 4; kill++) {
      const daemon = start({ workers: 6, lines: 4000, pause_s: 0.0003 });
      await Promise.race([daemon.ready, daemon.ended]);
      await pause(Math.random() * 200);
      daemon.kill();
      await daemon.ended;
    }
    expect(await start().ended).to.equal('0');
    expect(read()).to.deep.equal(whole(6, 4000));
  });

  it('is there to its last line where they end while there is no daemon', async () => {
    const daemon = start({ workers: 40, lines: 20, pause_s: 0.01 });
    await daemon.ready;
    daemon.kill();
    await daemon.ended;
    await pause(500);
    expect(await start().ended).to.equal('0');
    expect(read()).to.deep.equal(whole(40, 20));
  });

  describe('and whose user has too much in pipes', () => {
    beforeEach(() => {
      for (const directory of [at, join(at, 'state')]) chownSync(directory, OTHER_UID, process.getgid?.() ?? 0);
    });

    async function hog(): Promise<void> {
      const [program = '', ...words] = [...AS_OTHER_USER, 'perl', '-e', HOG];
      const other = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
      daemons.push(other);
      await once(other.stdout, 'data');
    }

    it('is in the files once, with tiny pipes from the beginning', async () => {
      await hog();
      for (const [life, when] of (['before', 'during', 'after'] as const).entries()) {
        expect(await start({ die: { write: 3 + life, when } }, AS_OTHER_USER).ended).to.equal('SIGKILL');
      }
      expect(await start({}, AS_OTHER_USER).ended).to.equal('0');
      expect(read()).to.deep.equal(whole(4, 2000));
    });

    it('is in the files once, where pipes were made to hold more, and the next has tiny pipes to look with', async () => {
      const { least_bytes, ...more } = WIDE;
      expect(await start({ ...more, die: { write: 2, least_bytes, when: 'during' } }, AS_OTHER_USER).ended).to.equal('SIGKILL');
      await hog();
      expect(await start({ ...more, die: { write: 1, when: 'during' } }, AS_OTHER_USER).ended).to.equal('SIGKILL');
      expect(await start(more, AS_OTHER_USER).ended).to.equal('0');
      expect(read()).to.deep.equal(whole(2, 150_000));
    });

    for (const when of ['before', 'during', 'after'] as const) {
      it(`is in the files once, where it dies ${when} it writes, and the next has tiny pipes to look with`, async () => {
        expect(await start({ die: { write: 2, when } }, AS_OTHER_USER).ended).to.equal('SIGKILL');
        await hog();
        expect(await start({ die: { write: 1, when } }, AS_OTHER_USER).ended).to.equal('SIGKILL');
        expect(await start({}, AS_OTHER_USER).ended).to.equal('0');
        expect(read()).to.deep.equal(whole(4, 2000));
      });
    }
  });

  it('leaves nothing behind when all is read', async () => {
    expect(await start({ lines: 10 }).ended).to.equal('0');
    expect(existsSync(join(at, 'state', 'pipes'))).to.equal(false);
    expect(existsSync(join(at, 'state', 'holders'))).to.equal(false);
  });
});
