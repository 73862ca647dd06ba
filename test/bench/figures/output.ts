import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { binFile } from '../../fixtures/cli/run-bin.js';
import type { Contender, Figure, Sample, Scale } from '../figure.js';
import { isThere, PEERS } from '../peers.js';
import { Place, until } from '../place.js';
import { cpuMs } from '../processes.js';

const MIB = 1024 * 1024;
const PIECE_MIB = 64;

/** Starts what is measured, with a worker of that command whose output is to be in `out.log` of the place. */
type Start = (place: Place, worker: string) => ChildProcess;

const ringmaster =
  (options: object, daemon: object = {}): Start =>
  (place, worker) => {
    const stdout = { type: 'file', filename: place.file('out.log'), ...options };
    const watcher = { cmd: 'sh', args: ['-c', worker], env: { PATH: process.env.PATH ?? '' }, respawn: false, stdout };
    const endpoints = { endpoint: `ipc://${place.file('control')}`, pubsub_endpoint: `ipc://${place.file('events')}` };
    writeFileSync(
      place.file('ringmaster.json'),
      JSON.stringify({ ...endpoints, state_dir: place.file('state'), ...daemon, watchers: { bench: watcher } }),
    );
    return spawn(process.execPath, [binFile('main'), 'run', place.file('ringmaster.json')], { stdio: 'ignore' });
  };

const supervisor =
  (max_bytes: number): Start =>
  (place, worker) => {
    const at = place.directory;
    writeFileSync(place.file('worker.sh'), worker);
    const lines = [
      `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${at}/supervisord.pid\nchildlogdir=${at}`,
      `[program:bench]\ncommand=sh ${at}/worker.sh\nautorestart=false\nstdout_logfile=${at}/out.log`,
      `stdout_logfile_maxbytes=${max_bytes}\nstdout_logfile_backups=2`,
    ];
    writeFileSync(place.file('supervisord.conf'), lines.join('\n'));
    return spawn('supervisord', ['-c', place.file('supervisord.conf')], { stdio: 'ignore' });
  };

const itself: Start = (place, worker) => spawn('sh', ['-c', `{ ${worker}; } >> ${place.file('out.log')}`], { stdio: 'ignore' });

const CASES: readonly (readonly [string, Start])[] = [
  ['ringmaster', ringmaster({})],
  ['Supervisor', supervisor(0)],
  ['ringmaster, rotated', ringmaster({ max_bytes: '64M', backup_count: 2 })],
  ['Supervisor, rotated', supervisor(64 * MIB)],
  ['ringmaster, time_format', ringmaster({ time_format: '%Y-%m-%d %H:%M:%S' })],
  ['ringmaster, durable', ringmaster({}, { durable: true })],
  ['ringmaster, durable, rotated', ringmaster({ max_bytes: '64M', backup_count: 2 }, { durable: true })],
  ['ringmaster, direct', ringmaster({ direct: true })],
  ['the child alone', itself],
];

/** How the worker writes: as much at once as a pipe holds, or what most programs write at once. */
const WRITERS: readonly (readonly [string, (data: string, pieces: number) => string])[] = [
  ['64 KiB', (data, pieces) => `cat ${`${data} `.repeat(pieces)}`],
  ['4 KiB', (data, pieces) => `dd status=none bs=4k if=${data};`.repeat(pieces).slice(0, -1)],
];

/** Numbered lines of 100 bytes. */
function writeData(path: string, mib: number): void {
  const lines = Array.from({ length: (mib * MIB) / 100 }, (_, number) => `${String(number).padStart(10, '0')} ${'x'.repeat(88)}\n`);
  writeFileSync(path, lines.join(''));
}

async function measure(start: Start, write: (data: string, pieces: number) => string, scale: Scale): Promise<Sample> {
  using place = new Place();
  const [pieces, mib] = [scale.count(16, 1), scale.count(PIECE_MIB, 1)];
  const [up, go, done] = [place.file('up'), place.file('go'), place.file('done')];
  writeData(place.file('data'), mib);
  const begin = `: > ${up}; until [ -e ${go} ]; do sleep 0.01; done`;
  const child = start(place, `${begin}; ${write(place.file('data'), pieces)}; : > ${done}`);
  const ended = once(child, 'exit');
  const { pid = 0 } = child;
  try {
    await until(() => existsSync(up), 'worker');
    await pause(scale.count(500, 10));
    const before_ms = cpuMs(pid);
    const begin_ms = performance.now();
    writeFileSync(go, '');
    await until(() => existsSync(done), 'end of the worker');
    const seconds = (performance.now() - begin_ms) / 1000;
    await pause(100);
    if (statSync(place.file('out.log')).size === 0) throw new Error('nothing was written');
    const gib = (pieces * mib) / 1024;
    const speed = { mib_per_s: (gib * 1024) / seconds };
    // A child alone is gone, and nobody has supervised it.
    return start === itself ? speed : { ...speed, cpu_s_per_gib: (cpuMs(pid) - before_ms) / 1000 / gib };
  } finally {
    child.kill();
    await ended;
  }
}

const contenders = (scale: Scale): readonly Contender[] => {
  const has = PEERS.some((peer) => peer.name === 'Supervisor' && isThere(peer));
  const cases = CASES.filter(([name]) => has || !name.startsWith('Supervisor'));
  return WRITERS.flatMap(([pieces, write]) =>
    cases.map(([name, start]) => ({ name: `${name}, ${pieces} at once`, measure: () => measure(start, write, scale) })),
  );
};

export const output: Figure = {
  title: "1 GiB of one child's standard output to a file",
  contenders,
  goals: WRITERS.flatMap(([pieces]) =>
    ['', ', rotated'].flatMap((how): Figure['goals'] => {
      const [of, other] = [`ringmaster${how}, ${pieces} at once`, `Supervisor${how}, ${pieces} at once`];
      return [
        { of, metric: 'mib_per_s', sense: 'at least', than: { times: 1.3, of: other } },
        { of, metric: 'cpu_s_per_gib', sense: 'at most', than: { times: 0.55, of: other } },
      ];
    }),
  ),
};
