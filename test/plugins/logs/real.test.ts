import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { definePlugin } from '../../../core/index.js';
import { eventually } from '../../../core/testing.js';
import type { LogsService } from '../../../plugins/logs/index.js';
import { contents, faults, LogRig, script } from './kit.js';

const FILLER = 'x'.repeat(60);

/** Rotated files and the last one, oldest first, as one text. */
function together(at: string, name: string): string {
  const files = Object.entries(contents(at)).filter(([file]) => file.startsWith(name));
  const age = (file: string): number => Number(file.slice(name.length + 1) || 0);
  return files
    .sort(([a], [b]) => age(b) - age(a))
    .map(([, text]) => text)
    .join('');
}

describe('logs: what real processes write', () => {
  const count = 50_000;
  const destinations: readonly [string, (file: string) => object][] = [
    ['a file rotated by size', (filename) => ({ type: 'file', filename, max_bytes: '1M', backup_count: 100 })],
    ['a watched file', (filename) => ({ type: 'watched_file', filename })],
    ['a file rotated by time', (filename) => ({ type: 'timed_file', filename, rotate_when: 'H' })],
  ];
  for (const [title, stdout] of destinations) {
    it(`is in ${title} once each, whole, in order: 200,000 lines of four processes`, async () => {
      await using rig = await LogRig.start((at) => ({
        web: { args: [script('lines.mjs'), String(count), FILLER], numprocesses: 4, respawn: false, stdout: stdout(join(at, 'a.log')) },
      }));
      await rig.ended();
      const text = together(rig.at, 'a.log');
      expect(text.split('\n')).to.have.length(4 * count + 1);
      expect(faults(text, count, FILLER)).to.deep.equal([]);
    });
  }

  it('keeps every file below max_bytes', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: [script('lines.mjs'), '20000', FILLER],
        respawn: false,
        stdout: { type: 'file', filename: join(at, 'a.log'), max_bytes: 100_000, backup_count: 3 },
      },
    }));
    await rig.ended();
    const files = contents(rig.at);
    expect(Object.keys(files)).to.deep.equal(['a.log', 'a.log.1', 'a.log.2', 'a.log.3']);
    for (const text of Object.values(files)) expect(text.length).to.be.lessThan(100_000).and.greaterThan(0);
    expect(files['a.log.1']?.length).to.be.greaterThan(99_900);
  });

  it('is there to the last breath, through twelve replacements', async () => {
    const last = 'no end';
    await using rig = await LogRig.start((at) => ({
      web: { args: [script('lines.mjs'), '500', FILLER, last], numprocesses: 3, max_retry: -1, stdout: join(at, 'a.log') },
    }));
    await eventually(() => rig.events('reap').length >= 12, { deadline_ms: 30_000 });
    await rig.watcher().stop();
    const ended = rig.events('reap').filter(({ body }) => 'exit_code' in body && body.exit_code === 0);
    const text = rig.text('a.log');
    const pids = ended.map(({ body }) => ('process_pid' in body ? body.process_pid : 0));
    const complete = text.split('\n').filter((line) => line === last);
    expect(complete.length).to.be.greaterThanOrEqual(ended.length);
    const lines = text
      .split('\n')
      .filter((line) => line !== last && pids.includes(Number(line.split(' ')[0])))
      .concat('');
    expect(faults(lines.join('\n'), 500, FILLER)).to.deep.equal([]);
  });

  it('is written when a stop is told to be done', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: [
          '-e',
          'process.on("SIGTERM", () => { process.stdout.write("x".repeat(3e5) + "bye"); process.exitCode = 0; clearInterval(t); }); const t = setInterval(() => {}, 1000); process.stdout.write("up\\n")',
        ],
        stdout: join(at, 'a.log'),
      },
    }));
    await rig.reads('a.log', /^up\n/);
    await rig.watcher().stop();
    expect(rig.text('a.log')).to.equal(`up\n${'x'.repeat(3e5)}bye`);
  });

  it('is kept byte by byte', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: ['-e', 'process.stdout.write(Buffer.from(Array.from({length: 65536}, (_, i) => (i * 7) & 255)))'],
        respawn: false,
        stdout: join(at, 'a.log'),
      },
    }));
    await rig.ended();
    expect(Buffer.from(rig.text('a.log'), 'latin1')).to.deep.equal(Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7) & 255)));
  });

  it('has time and pid before each line, of both outputs by their own format', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: ['-e', 'console.log("one\\ntwo"); console.error("three")'],
        respawn: false,
        stdout_stream: { class: 'FileStream', filename: join(at, 'a.log'), time_format: '%Y %H:%M:%S.%f' },
        stderr_stream: { class: 'WatchedFileStream', filename: join(at, 'b.log'), time_format: 'T' },
      },
    }));
    await rig.ended();
    const pid = rig.events('spawn').map(({ body }) => ('process_pid' in body ? body.process_pid : 0))[0];
    const stamp = `\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{6} \\[${pid}\\] \\| `;
    expect(rig.text('a.log')).to.match(new RegExp(`^${stamp}one\n${stamp}two\n$`));
    expect(rig.text('b.log')).to.equal(`T [${pid}] | three\n`);
  });

  it('of a line without an end is written after a while, and the line goes on', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args: [script('talk.mjs'), join(at, 'say')], stdout: join(at, 'a.log') } }), {
      line_delay: 0.05,
    });
    writeFileSync(join(rig.at, 'say'), 'half\n');
    await rig.reads('a.log', /^half$/);
    writeFileSync(join(rig.at, 'say'), 'half\n and half\\n\n');
    await rig.reads('a.log', /^half and half\n$/);
  });

  it('goes on in another file when the file is set', async () => {
    await using rig = await LogRig.start((at) => ({
      web: { args: [script('talk.mjs'), join(at, 'say')], stdout_stream: { class: 'FileStream', filename: join(at, 'a.log') } },
    }));
    writeFileSync(join(rig.at, 'say'), 'one\\n\n');
    await rig.reads('a.log', /^one\n$/);
    const [before] = rig.watcher().processes();
    await rig.watcher().set({ 'stdout_stream.filename': join(rig.at, 'b.log') });
    await new Promise(setImmediate);
    writeFileSync(join(rig.at, 'say'), 'one\\n\ntwo\\n\n');
    await rig.reads('b.log', /^two\n$/);
    expect(rig.text('a.log')).to.equal('one\n');
    expect(rig.watcher().processes()[0]?.pid).to.equal(before?.pid);
  });

  it('is refused where the new destination is none, and goes on where it went', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args: [script('talk.mjs'), join(at, 'say')], stdout: join(at, 'a.log') } }));
    const change = { stdout: { type: 'file', filename: join(rig.at, 'b.log'), backup_count: 'many' } };
    expect(() => rig.watcher().set(change)).to.throw(/backup_count.*"many"/);
    writeFileSync(join(rig.at, 'say'), 'one\\n\n');
    await rig.reads('a.log', /^one\n$/);
  });

  for (const [title, act] of [
    ['removed', (file: string) => rmSync(file)],
    ['renamed', (file: string) => renameSync(file, `${file}.old`)],
  ] as const) {
    it(`goes on in a new file where a watched file was ${title}`, async () => {
      await using rig = await LogRig.start((at) => ({
        web: { args: [script('talk.mjs'), join(at, 'say')], stdout: { type: 'watched_file', filename: join(at, 'a.log') } },
      }));
      writeFileSync(join(rig.at, 'say'), 'one\\n\n');
      await rig.reads('a.log', /^one\n$/);
      act(join(rig.at, 'a.log'));
      writeFileSync(join(rig.at, 'say'), 'one\\n\ntwo\\n\n');
      await eventually(() => existsSync(join(rig.at, 'a.log')));
      await rig.reads('a.log', /^two\n$/);
    });
  }

  it('goes on in a new file after a reload, where the file was renamed', async () => {
    await using rig = await LogRig.start((at) => ({
      web: { args: [script('talk.mjs'), join(at, 'say')], send_hup: true, stdout: join(at, 'a.log') },
    }));
    writeFileSync(join(rig.at, 'say'), 'one\\n\n');
    await rig.reads('a.log', /^one\n$/);
    renameSync(join(rig.at, 'a.log'), join(rig.at, 'a.old'));
    await rig.watcher().reload({ graceful: true });
    await eventually(() => rig.watcher().processes().length === 1);
    writeFileSync(join(rig.at, 'say'), 'one\\n\ntwo\\n\n');
    await eventually(() => existsSync(join(rig.at, 'a.log')) && rig.text('a.log').includes('two\n'));
    expect(rig.text('a.old')).to.equal('one\n');
  });

  it('of two watchers is in one file, each line whole', async () => {
    const one = (at: string) => ({ args: [script('lines.mjs'), '20000', FILLER], respawn: false, stdout: join(at, 'a.log') });
    await using rig = await LogRig.start((at) => ({ web: one(at), api: one(at) }));
    await Promise.all([rig.ended('web'), rig.ended('api')]);
    expect(rig.text('a.log').split('\n')).to.have.length(40_001);
    expect(faults(rig.text('a.log'), 20_000, FILLER)).to.deep.equal([]);
  });

  it('goes where the process writes it itself, with `direct`', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: ['-e', 'console.log(require("fs").fstatSync(1).isFile()); console.error("err")'],
        respawn: false,
        stdout: { type: 'file', filename: join(at, 'a.log'), direct: true },
        stderr: 'stdout',
      },
    }));
    await rig.ended();
    expect(rig.text('a.log')).to.equal('true\nerr\n');
  });

  it('of both outputs is in one file, nothing lost', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: ['-e', 'for (let i = 0; i < 100; i++) { console.log("out " + i); console.error("err " + i); }'],
        respawn: false,
        stdout: join(at, 'a.log'),
        stderr: 'stdout',
      },
    }));
    await rig.ended();
    const numbers = Array.from({ length: 100 }, (_, at) => at);
    const lines = rig.text('a.log').split('\n').slice(0, -1);
    for (const name of ['out', 'err']) {
      expect(lines.filter((line) => line.startsWith(name))).to.deep.equal(numbers.map((number) => `${name} ${number}`));
    }
  });

  it('is in memory for other plugins: the last of one stream, or of all with `tail`', async () => {
    let service: LogsService | undefined;
    const reader = definePlugin({
      name: 'reader',
      summary: 'Reads tails.',
      schema: { type: 'object', additionalProperties: false, properties: {} },
      requires: ['logs'],
      setup(context) {
        service = context.service<LogsService>('logs');
      },
    });
    await using rig = new LogRig(
      (at) => ({
        web: {
          args: ['-e', 'for (let i = 0; i < 5000; i++) console.log("line " + i)'],
          respawn: false,
          stdout: { type: 'memory', max_bytes: '1k' },
        },
        api: {
          args: ['-e', 'console.log("well"); console.error("oops")'],
          respawn: false,
          stdout: join(at, 'a.log'),
          stderr: { type: null },
        },
        off: { args: ['-e', '0'], respawn: false, plugins: { logs: false } },
      }),
      { tail: '64K' },
      [reader],
    );
    await rig.supervisor.start();
    await Promise.all([rig.ended('web'), rig.ended('api'), rig.ended('off')]);
    const kept = String(service?.tail('WEB')).split('\n');
    expect(kept.slice(-3)).to.deep.equal(['line 4998', 'line 4999', '']);
    expect(kept[0]).to.match(/^line \d{4}$/);
    expect(String(service?.tail('api')).split('\n').sort()).to.deep.equal(['', 'oops', 'well']);
    expect(rig.text('a.log')).to.equal('well\n');
    expect(service?.tail('off')).to.equal(null);
  });
});
