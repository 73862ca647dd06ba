import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { definePlugin } from '../../core/index.js';
import { eventually } from '../../core/testing.js';
import type { LogsService } from '../../plugins/logs/index.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { numbered } from '../fixtures/numbered.js';
import { LogRig, script } from '../plugins/logs/kit.js';

/** RINGMASTER_TEST_OUTPUT_MB=200 is the full measure. */
const MEGABYTES = Number(process.env.RINGMASTER_TEST_OUTPUT_MB ?? 8);
const FILLER = 'x'.repeat(84);
const LINES = Math.round((MEGABYTES * 1e6) / 100);
const TIME = '%Y-%m-%d %H:%M:%S.%f';
const MODULE = resolve('test/fixtures/logs/file-sink.mjs');

/** Without `TIME [PID] | ` and colour; a line that has none is a fault. */
const strip = (line: string): string =>
  /^(?:~\[0;3\d;40m)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})? \[\d+\] \| (.*?)(?:~\[0m)?$/.exec(line.replaceAll('\u001b', '~'))?.[1] ??
  `bare ${line}`;

/** a.log with what was rotated away, oldest first: numbers count up with age, times with youth. */
function filesOf(at: string): readonly string[] {
  const age = (name: string): number => {
    const [first = '0', second = '0'] = name.slice('a.log.'.length).split('.');
    return first.length === 14 ? -Number(first) - Number(second) / 1000 : Number(first || Number.NEGATIVE_INFINITY);
  };
  const names = readdirSync(at).filter((name) => name.startsWith('a.log'));
  return names.sort((a, b) => age(b) - age(a)).map((name) => join(at, name));
}

describe(`${MEGABYTES} MB of numbered lines: each is there once, whole, in order`, function () {
  this.timeout(20_000 + MEGABYTES * 1500);

  const size = { type: 'file', max_bytes: Math.round(MEGABYTES * 1e5), backup_count: 1000 };
  const seconds = { type: 'timed_file', rotate_when: 'S' };
  /** Half of the lines, and after more than a second the other half. */
  const halves = `"$0" "$@"; sleep 1.1; exec "$0" "$@"`;
  const slowly = { cmd: 'sh', args: ['-c', halves, process.execPath, script('lines.mjs'), String(LINES / 2), FILLER] };
  const cases: readonly (readonly [string, object, object?])[] = [
    ['FileStream, rotated by size', size],
    ['FileStream, rotated by size, with time_format', { ...size, time_format: TIME }],
    ['FileStream, rotated by size, of both outputs', size, { args: [script('both.mjs'), String(LINES), FILLER], stderr: 'stdout' }],
    ['FileStream, rotated by size, of four processes', size, { args: [script('lines.mjs'), String(LINES / 4), FILLER], numprocesses: 4 }],
    ['TimedRotatingFileStream', seconds, slowly],
    ['TimedRotatingFileStream with time_format', { ...seconds, time_format: TIME }, slowly],
    ['a file that processes write to themselves', { type: 'file', direct: true }],
  ];
  for (const [title, stdout, more = {}] of cases) {
    it(title, async () => {
      await using rig = await LogRig.start((at) => ({
        web: {
          args: [script('lines.mjs'), String(LINES), FILLER],
          respawn: false,
          stdout: { ...stdout, filename: join(at, 'a.log') },
          ...more,
        },
      }));
      await rig.ended();
      const files = filesOf(rig.at);
      const result = numbered(files, FILLER, 'time_format' in stdout ? strip : undefined);
      const pids = more === slowly ? 2 : 'numprocesses' in more ? 4 : 1;
      expect(result).to.deep.equal({ lines: LINES, pids, faults: [] });
      if (more === slowly) expect(files.length).to.be.at.least(2);
      if ('max_bytes' in stdout) {
        expect(files.length).to.be.at.least(10);
        for (const file of files) expect(statSync(file).size).to.be.lessThan(size.max_bytes);
      }
    });
  }

  it('WatchedFileStream, with somebody who renames the file all the time', async () => {
    await using rig = await LogRig.start((at) => ({
      web: {
        args: [script('lines.mjs'), String(LINES), FILLER],
        respawn: false,
        stdout: { type: 'watched_file', filename: join(at, 'a.log') },
      },
    }));
    let moved = 1_000_000;
    const mover = setInterval(() => {
      if (readdirSync(rig.at).includes('a.log')) renameSync(join(rig.at, 'a.log'), join(rig.at, `a.log.${moved--}`));
    }, 20);
    await rig.ended();
    clearInterval(mover);
    expect(moved).to.be.lessThan(1_000_000);
    expect(numbered(filesOf(rig.at), FILLER)).to.deep.equal({ lines: LINES, pids: 1, faults: [] });
  });

  for (const [title, name, options] of [
    ["a class of one's own", 'FileSink', (file: string) => ({ file })],
    ["a function of one's own that takes its time", 'append', () => ({})],
  ] as const) {
    it(title, async () => {
      await using rig = new LogRig((at) => ({
        web: {
          args: [script('lines.mjs'), String(LINES), FILLER],
          respawn: false,
          stdout_stream: { class: `${MODULE}#${name}`, ...options(join(at, 'a.log')) },
        },
      }));
      process.env.RINGMASTER_TEST_SINK = join(rig.at, 'a.log');
      try {
        await rig.supervisor.start();
        await rig.ended();
        await rig.supervisor.stop();
      } finally {
        delete process.env.RINGMASTER_TEST_SINK;
      }
      expect(numbered(filesOf(rig.at), FILLER)).to.deep.equal({ lines: LINES, pids: 1, faults: [] });
    });
  }

  it('QueueStream', async () => {
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
    const stdout_stream = { class: 'QueueStream', max_bytes: Math.round(MEGABYTES * 1.1e6) };
    await using rig = new LogRig(
      () => ({ web: { args: [script('lines.mjs'), String(LINES), FILLER], respawn: false, stdout_stream } }),
      {},
      [reader],
    );
    await rig.supervisor.start();
    await rig.ended();
    writeFileSync(join(rig.at, 'a.log'), service?.tail('web') ?? '');
    expect(numbered(filesOf(rig.at), FILLER)).to.deep.equal({ lines: LINES, pids: 1, faults: [] });
  });

  for (const [title, stdout_stream] of [
    ['StdoutStream', { class: 'StdoutStream' }],
    ['FancyStdoutStream', { class: 'FancyStdoutStream', color: 'green' }],
  ] as const) {
    it(`${title}, of a daemon whose output goes through a pipe`, async () => {
      await using rig = new LogRig(() => ({}));
      const args = [script('lines.mjs'), String(LINES), FILLER];
      const config = {
        endpoint: `ipc://${rig.at}/control.sock`,
        pubsub_endpoint: `ipc://${rig.at}/events.sock`,
        logoutput: join(rig.at, 'daemon.log'),
        watchers: { web: { cmd: process.execPath, args, respawn: false, stdout_stream } },
      };
      writeFileSync(join(rig.at, 'rm.json'), JSON.stringify(config));
      const daemon: ChildProcess = spawn(process.execPath, [binFile('main'), 'run', join(rig.at, 'rm.json')], {
        stdio: ['ignore', 'pipe', 2],
      });
      const ended = once(daemon, 'close');
      try {
        daemon.stdout?.pipe(createWriteStream(join(rig.at, 'a.log')));
        const said = (): string => (readdirSync(rig.at).includes('daemon.log') ? rig.text('daemon.log') : '');
        await eventually(() => /web.*stopped|stopped.*web/.test(said()), { deadline_ms: MEGABYTES * 1000 + 10_000, what: 'web to stop' });
      } finally {
        daemon.kill();
        await ended;
      }
      const result = numbered(filesOf(rig.at), FILLER, title === 'FancyStdoutStream' ? strip : undefined);
      expect(result).to.deep.equal({ lines: LINES, pids: 1, faults: [] });
    });
  }
});
