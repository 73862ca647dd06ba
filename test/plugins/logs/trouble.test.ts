import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { eventually, rejects, VirtualClock } from '../../../core/testing.js';
import { loadCustom } from '../../../plugins/logs/custom-outlet.js';
import { FileOutlet } from '../../../plugins/logs/file-outlet.js';
import type { LineFormat } from '../../../plugins/logs/line-format.js';
import { Loss } from '../../../plugins/logs/loss.js';
import type { Origin } from '../../../plugins/logs/outlet.js';
import { noRotation, sizeRotation, timedRotation } from '../../../plugins/logs/rotation.js';
import { Target } from '../../../plugins/logs/target.js';
import { contents, directory, faults, LogRig, script } from './kit.js';

const FIXTURE = 'test/fixtures/logs/slow-sink.mjs';
const FILLER = 'x'.repeat(60);
const ROOT = process.getuid?.() === 0;

describe('logs: a destination in trouble', () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const loss = (): Loss =>
    new Loss(clock, {
      lost: ({ bytes, lines }, error) => told.push(`lost ${bytes} ${lines} ${error}`),
      resumed: ({ bytes, lines }) => told.push(`resumed ${bytes} ${lines}`),
    });
  const origin = (pid: number, more: Partial<Origin> = {}): Origin => ({
    pid,
    watcher: 'web',
    name: 'stdout',
    loss: loss(),
    format: null,
    when_slow: 'block',
    ...more,
  });
  const log = { debug: () => {}, info: () => {}, warn: (text: string) => void told.push(text), error: () => {}, child: () => log };
  const file = (filename: string, rotation = noRotation): Target => new Target(new FileOutlet(filename, rotation, { clock, log }), 1000);
  let at = '';

  beforeEach(() => {
    at = directory();
    told.length = 0;
  });
  afterEach(() => rmSync(at, { recursive: true, force: true }));

  it('counts bytes and lines that a full disk does not take, and tells of the loss once', async () => {
    const target = file('/dev/full');
    const one = origin(1);
    for (let count = 0; count < 3; count++) void target.write(Buffer.from('one\ntwo\n'), one);
    await target.close();
    one.loss.settle();
    expect(told).to.deep.equal(['lost 8 2 ENOSPC', 'resumed 24 6']);
  });

  it('resumes by itself when the directory is there', async () => {
    const target = file(join(at, 'sub', 'a.log'));
    const one = origin(1);
    void target.write(Buffer.from('one\n'), one);
    mkdirSync(join(at, 'sub'));
    void target.write(Buffer.from('two\n'), one);
    await clock.advanceAsync(1000);
    void target.write(Buffer.from('three\n'), one);
    await target.close();
    expect(told).to.deep.equal(['lost 4 1 ENOENT', 'resumed 4 1']);
    expect(readFileSync(join(at, 'sub', 'a.log'), 'utf8')).to.equal('two\nthree\n');
  });

  it('grows on where a file can not be rotated, and says so', async () => {
    mkdirSync(join(at, 'a.log.1', 'full'), { recursive: true });
    const target = file(join(at, 'a.log'), sizeRotation(10, 1));
    const one = origin(1);
    for (const text of ['first\n', 'second\n', 'third\n']) void target.write(Buffer.from(text), one);
    await target.close();
    expect(readFileSync(join(at, 'a.log'), 'utf8')).to.equal('first\nsecond\nthird\n');
    expect(told.filter((text) => text.startsWith('cannot rotate'))).to.have.length(2);
  });

  it('gives a line that is longer than a file may be one of its own', async () => {
    const target = file(join(at, 'a.log'), sizeRotation(10, 9));
    const one = origin(1);
    void target.write(Buffer.from('one\ntwo\na line that is long\nthree\nx\n'), one);
    await target.close();
    expect(contents(at)).to.deep.equal({
      'a.log': 'three\nx\n',
      'a.log.1': 'a line that is long\n',
      'a.log.2': 'one\ntwo\n',
    });
  });

  it('goes on with a size that was there before', async () => {
    writeFileSync(join(at, 'a.log'), 'old\nold\n');
    const target = file(join(at, 'a.log'), sizeRotation(10, 2));
    void target.write(Buffer.from('new\n'), origin(1));
    await target.close();
    expect(contents(at)).to.deep.equal({ 'a.log': 'new\n', 'a.log.1': 'old\nold\n' });
  });

  it('rotates by time at the first line after it, and keeps only so many', async () => {
    const schedule = { rotate_when: 'H', rotate_interval: 1, utc: true } as const;
    const target = file(join(at, 'a.log'), timedRotation(schedule, 2, clock));
    const one = origin(1);
    const begin = new Date(clock.wall()).toISOString();
    for (let hour = 0; hour < 4; hour++) {
      void target.write(Buffer.from(`${hour}\n`), one);
      await clock.advanceAsync(3_600_000);
    }
    await target.close();
    const name = (hour: number): string =>
      `a.log.${new Date(Date.parse(begin) + hour * 3_600_000).toISOString().slice(0, 13).replaceAll(/\D/g, '')}`;
    expect(contents(at)).to.deep.equal({ 'a.log': '3\n', [name(1)]: '1\n', [name(2)]: '2\n' });
  });

  it('rotates by time once where the clock is put forward, and goes on where it is put back', async () => {
    const schedule = { rotate_when: 'H', rotate_interval: 1, utc: true } as const;
    const target = file(join(at, 'a.log'), timedRotation(schedule, 9, clock));
    const one = origin(1);
    const write = (text: string): void => void target.write(Buffer.from(`${text}\n`), one);
    write('first');
    clock.jumpWall(365 * 86_400_000);
    for (const text of ['ahead', 'ahead']) write(text);
    expect(Object.values(contents(at))).to.have.members(['first\n', 'ahead\nahead\n']);
    clock.jumpWall(-365 * 86_400_000);
    write('back');
    await clock.advanceAsync(3_600_000);
    write('later');
    await target.close();
    expect(Object.values(contents(at))).to.have.members(['first\n', 'ahead\nahead\nback\n', 'later\n']);
  });

  it('keeps lines of different processes apart, where one has no end', async () => {
    const target = file(join(at, 'a.log'));
    const [one, two] = [origin(1), origin(2)];
    void target.write(Buffer.from('half'), one);
    void target.write(Buffer.from('whole\n'), two);
    void target.write(Buffer.from(' of it\n'), one);
    void target.write(Buffer.from('next'), two);
    void target.write(Buffer.from(' one\n'), two);
    await target.close();
    expect(readFileSync(join(at, 'a.log'), 'utf8')).to.equal('half\nwhole\n of it\nnext one\n');
  });

  it('ends a line that time was put before when its process has ended, unless another has ended it', async () => {
    const target = file(join(at, 'a.log'));
    const format: LineFormat = (bytes, _pid, fresh) => (fresh ? Buffer.concat([Buffer.from('T '), bytes]) : bytes);
    const [one, two, three] = [origin(1, { format }), origin(2, { format }), origin(3)];
    for (const [who, text] of [
      [one, 'half'],
      [two, 'other'],
      [three, 'bare'],
    ] as const)
      void target.write(Buffer.from(text), who);
    for (const who of [one, two, three]) target.finish(who);
    void target.write(Buffer.from('last'), one);
    target.finish(one);
    await target.close();
    expect(readFileSync(join(at, 'a.log'), 'utf8')).to.equal('T half\nT other\nbare\nT last\n');
  });

  describe('a named pipe that nobody reads', () => {
    let reader = -1;
    beforeEach(() => {
      execFileSync('mkfifo', [join(at, 'pipe')]);
      reader = openSync(join(at, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    });
    afterEach(() => closeSync(reader));

    const block = (letter: string): Buffer => Buffer.from(`${letter.repeat(99)}\n`.repeat(10));
    const fill = (target: Target, from: Origin): string => {
      let text = '';
      while (target.outlet.busy === null) {
        void target.write(block('f'), from);
        text += block('f').toString();
      }
      return text;
    };
    const readAll = async (target: Target): Promise<string> => {
      const buffer = Buffer.alloc(1 << 20);
      let text = '';
      for (let done = false; !done; ) {
        await clock.advanceAsync(100);
        const left = target.outlet.busy !== null;
        try {
          text += buffer.toString('latin1', 0, readSync(reader, buffer));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        }
        done = !left;
      }
      return text;
    };

    it('holds up who writes, and loses nothing', async () => {
      const target = file(join(at, 'pipe'));
      const one = origin(1);
      const text = fill(target, one);
      const waits = target.write(block('a'), one);
      expect(waits).to.be.instanceOf(Promise);
      expect(await readAll(target)).to.equal(text + block('a').toString());
      await waits;
      await target.close();
      expect(told).to.deep.equal([]);
    });

    it('loses the newest lines with drop_newest, and says how many', async () => {
      const target = new Target(new FileOutlet(join(at, 'pipe'), noRotation, { clock, log }), 2500);
      const one = origin(1, { when_slow: 'drop_newest' });
      const text = fill(target, one);
      for (const letter of 'abcd') expect(target.write(block(letter), one)).to.equal(undefined);
      const read = await readAll(target);
      expect(read.startsWith(text)).to.equal(true);
      expect(read.slice(text.length)).to.equal(block('a').toString().repeat(1));
      one.loss.settle();
      expect(told).to.deep.equal(['lost 1000 10 slow', 'resumed 3000 30']);
      await target.close();
    });

    it('loses the oldest lines with drop_oldest', async () => {
      const target = new Target(new FileOutlet(join(at, 'pipe'), noRotation, { clock, log }), 2500);
      const one = origin(1, { when_slow: 'drop_oldest' });
      const text = fill(target, one);
      for (const letter of 'abcd') void target.write(block(letter), one);
      const read = await readAll(target);
      const kept = text.slice(0, -1000);
      expect(read === `${text}${block('d')}` || read === `${kept}${block('c')}${block('d')}`).to.equal(true);
      one.loss.settle();
      expect(told).to.deep.equal(['lost 1000 10 slow', 'resumed 3000 30']);
      await target.close();
    });
  });
});

describe('logs: real processes and a destination in trouble', () => {
  it('supervision goes on with a full disk; the loss is told, writing resumes and no line is torn', async () => {
    const lines = `for (let i = 0; i < 10; i++) console.log(process.pid + " " + n++ + " ${FILLER}")`;
    await using rig = new LogRig((at) => ({
      web: { args: ['-e', `let n = 0; setInterval(() => { ${lines} }, 5)`], stdout: join(at, 'disk', 'a.log') },
    }));
    const disk = join(rig.at, 'disk');
    mkdirSync(disk);
    // Without the right to mount a disk of its own, the directory is away for a while instead.
    if (ROOT) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    else rmSync(disk, { recursive: true });
    try {
      if (ROOT) writeFileSync(join(disk, 'ballast'), Buffer.alloc(8 * 1024 * 1024 - 65_536));
      await rig.supervisor.start();
      await eventually(() => rig.events('output_lost').length > 0, { what: 'a loss to be told' });
      expect(rig.events('output_lost')[0]?.body).to.include({ stream: 'stdout', error: ROOT ? 'ENOSPC' : 'ENOENT' });
      expect(rig.watcher().status).to.equal('active');
      if (ROOT) rmSync(join(disk, 'ballast'));
      else mkdirSync(disk);
      await eventually(() => rig.events('output_resumed').length > 0, { what: 'writing to resume' });
      const lost = rig.events('output_resumed')[0]?.body;
      expect(lost).to.have.property('bytes').that.is.greaterThan(0);
      expect(lost).to.have.property('lines').that.is.greaterThan(0);
      await rig.watcher().stop();
      const written = readFileSync(join(disk, 'a.log'), 'latin1').split('\n').slice(0, -1);
      for (const line of written) expect(line).to.match(new RegExp(`^\\d+ \\d+ ${FILLER}$`));
    } finally {
      await rig.supervisor.stop();
      if (ROOT) execFileSync('umount', [disk]);
    }
  });

  it('a slow sink of one’s own holds up its own process only, and loses nothing', async () => {
    const module = `${resolve('test/fixtures/logs/slow-sink.mjs')}#Slow`;
    await using rig = await LogRig.start((at) => ({
      web: {
        args: [script('lines.mjs'), '20000', FILLER],
        respawn: false,
        stdout: { type: module, file: join(at, 'slow.log'), gate: join(at, 'gate') },
      },
      api: { args: [script('lines.mjs'), '20000', FILLER], respawn: false, stdout: join(at, 'a.log') },
    }));
    await rig.ended('api');
    expect(faults(rig.text('a.log'), 20_000, FILLER)).to.deep.equal([]);
    expect(rig.watcher('web').status).to.equal('active');
    writeFileSync(join(rig.at, 'gate'), '');
    await rig.ended('web');
    await rig.supervisor.stop();
    expect(faults(rig.text('slow.log').replace(/closed .*\n$/, ''), 20_000, FILLER)).to.deep.equal([]);
    expect(rig.text('slow.log').split('\n')).to.have.length(20_002);
    expect(rig.text('slow.log')).to.match(/closed web stdout\n$/);
  });

  it('a slow sink that may lose lines does not hold up its process', async () => {
    const module = `${resolve('test/fixtures/logs/slow-sink.mjs')}#Slow`;
    await using rig = await LogRig.start(
      (at) => ({
        web: {
          args: [script('lines.mjs'), '20000', FILLER],
          respawn: false,
          stdout: { type: module, file: join(at, 'slow.log'), gate: join(at, 'gate'), when_slow: 'drop_oldest' },
        },
      }),
      { slow_buffer: '64K' },
    );
    await rig.ended();
    expect(rig.events('output_lost')[0]?.body).to.include({ stream: 'stdout', error: 'slow' });
    writeFileSync(join(rig.at, 'gate'), '');
    await rig.supervisor.stop();
    await eventually(() => rig.text('slow.log').endsWith('closed web stdout\n'));
  });

  it('a sink that never closes does not hold up the end', async () => {
    const module = `${resolve(FIXTURE)}#Endless`;
    await using rig = await LogRig.start(() => ({ web: { args: ['-e', 'console.log("one")'], stdout: { type: module } } }));
    await rig.supervisor.stop();
    expect(rig.lines.map(({ message }) => message)).to.include('a destination of output was not closed within 1000 ms');
  });

  it('what is lost and what waits is told with the statistics of each process', async () => {
    const module = `${resolve(FIXTURE)}#Slow`;
    await using rig = await LogRig.start(
      (at) => ({
        web: {
          args: ['-e', `setInterval(() => console.log("${FILLER}".repeat(100)), 1)`],
          stdout: { type: module, file: join(at, 'slow.log'), gate: join(at, 'gate'), when_slow: 'drop_oldest' },
        },
      }),
      { slow_buffer: '64K' },
    );
    await eventually(() => rig.events('output_lost').length > 0, { what: 'a loss' });
    const [process] = rig.watcher().processes();
    if (process === undefined) throw new Error('there is no process');
    const { output } = await rig.supervisor.extendStats(rig.watcher(), process, {});
    const { stdout } = output as { readonly stdout: Readonly<Record<string, number>> };
    expect(stdout.lost_lines).to.be.greaterThan(0);
    expect(stdout.lost_bytes).to.equal((stdout.lost_lines ?? 0) * (FILLER.length * 100 + 1));
    expect(stdout.waiting_bytes)
      .to.be.greaterThan(40_000)
      .and.at.most(2 * 65_536);
    writeFileSync(join(rig.at, 'gate'), '');
  });

  it('a function of one’s own gets whole lines, with pid, watcher and name', async () => {
    const module = `${resolve('test/fixtures/logs/slow-sink.mjs')}#collect`;
    await using rig = await LogRig.start(() => ({
      web: { args: ['-e', 'console.log("one\\ntwo")'], respawn: false, stdout_stream: { class: module } },
    }));
    await rig.ended();
    const { collected }: { collected: { text: string; pid: number; watcher: string; name: string }[] } = await import(
      resolve('test/fixtures/logs/slow-sink.mjs')
    );
    const pid = rig.events('spawn').map(({ body }) => ('process_pid' in body ? body.process_pid : 0))[0];
    expect(collected).to.deep.equal([{ text: 'one\ntwo\n', pid, watcher: 'web', name: 'stdout' }]);
  });

  for (const name of ['no/such.mjs#Sink', `./${FIXTURE}#Missing`, `./${FIXTURE}#collected`, `./${FIXTURE}#Broken`]) {
    it(`a sink can't be loaded from ${name}`, async () => {
      const context = { watcher: 'web', name: 'stdout', options: {} };
      const error = await rejects(loadCustom(name, context, process.cwd()), 'RM_OUTPUT_MODULE');
      expect(error.message).to.contain(name);
    });
  }

  it('a file whose directory is not there is told of with what to do, and the process runs', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args: ['-e', '0'], respawn: false, stderr: join(at, 'logs', 'err.log') } }));
    await rig.ended();
    const file = join(rig.at, 'logs', 'err.log');
    expect(rig.lines.map(({ message }) => message)).to.include(
      `stderr of web can't be written to ${file}: ENOENT; make the directory ${join(rig.at, 'logs')}`,
    );
  });

  it('a sink that there is none of fails the spawn, and says what is allowed', async () => {
    await using rig = await LogRig.start(() => ({ web: { args: ['-e', '0'], max_retry: 1, stdout: './no/such.mjs#Sink' } }));
    const [failed] = rig.events('spawn_failed');
    expect(failed?.body).to.have.property('error').that.contains('spawn_options');
    expect(rig.lines.map(({ message }) => message).join('\n')).to.contain('cannot use ./no/such.mjs#Sink for an output');
  });

  it('a sink that there is none of is no failure of the plugin, which goes on for all others', async () => {
    const watchers = () => ({ web: { args: ['-e', '0'], max_retry: 3, stdout: './no/such.mjs#Sink' } });
    await using rig = await LogRig.start(watchers, { fault_budget: 1 });
    await eventually(() => rig.events('spawn_failed').length >= 3, { what: 'failures' });
    expect(rig.supervisor.plugins().find(({ name }) => name === 'logs')).to.include({ state: 'up', detached: null });
  });
});
