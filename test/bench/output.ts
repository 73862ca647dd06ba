/**
 * How fast a child's standard output gets into a file, and what that costs the daemon: ringmaster, Supervisor where it is installed,
 * and the child writing to the file itself, by turns.
 *
 * node dist/test/bench/output.js [MiB, default 1024] [rounds, default 3] [directory, default /dev/shm or the temporary one]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { binFile } from '../fixtures/cli/run-bin.js';

const MIB = 1024 * 1024;
const PIECE_MIB = 64;
/** Clock ticks of /proc in a second, the same on every Linux. @source proc(5) */
const TICKS = 100;
const size_mib = Math.max(1, Math.round(Number(process.argv[2] ?? 1024) / PIECE_MIB)) * PIECE_MIB;
const rounds = Number(process.argv[3] ?? 3);
const place = process.argv[4] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

interface Result {
  readonly mib_per_s: number;
  readonly cpu_s_per_gib: number;
}

/** How to start what is measured in a directory, with a worker of that command whose output is to be in `out.log` there. */
type Start = (at: string, worker: string) => ChildProcess;

const ringmaster =
  (options: object): Start =>
  (at, worker) => {
    const stdout = { type: 'file', filename: join(at, 'out.log'), ...options };
    const watcher = { cmd: 'sh', args: ['-c', worker], env: { PATH: process.env.PATH ?? '' }, respawn: false, stdout };
    const config = { endpoint: `ipc://${at}/control.sock`, pubsub_endpoint: `ipc://${at}/events.sock`, watchers: { bench: watcher } };
    writeFileSync(join(at, 'ringmaster.json'), JSON.stringify(config));
    return spawn(process.execPath, [binFile('main'), 'run', join(at, 'ringmaster.json')], { stdio: 'ignore' });
  };

const supervisor =
  (max_bytes: number): Start =>
  (at, worker) => {
    writeFileSync(join(at, 'worker.sh'), worker);
    const lines = [
      `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${at}/supervisord.pid\nchildlogdir=${at}`,
      `[program:bench]\ncommand=sh ${at}/worker.sh\nautorestart=false\nstdout_logfile=${at}/out.log`,
      `stdout_logfile_maxbytes=${max_bytes}\nstdout_logfile_backups=2`,
    ];
    writeFileSync(join(at, 'supervisord.conf'), lines.join('\n'));
    return spawn('supervisord', ['-c', join(at, 'supervisord.conf')], { stdio: 'ignore' });
  };

const itself: Start = (at, worker) => spawn('sh', ['-c', `{ ${worker}; } >> ${at}/out.log`], { stdio: 'ignore' });

const there = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

const CASES: readonly (readonly [string, Start])[] = [
  ['file', ringmaster({})],
  ...(there('supervisord') ? ([['file, Supervisor', supervisor(0)]] as const) : []),
  ['file, rotated at 64 MiB', ringmaster({ max_bytes: '64M', backup_count: 2 })],
  ...(there('supervisord') ? ([['file, rotated at 64 MiB, Supervisor', supervisor(64 * MIB)]] as const) : []),
  ['file with time_format', ringmaster({ time_format: '%Y-%m-%d %H:%M:%S' })],
  ['file, direct', ringmaster({ direct: true })],
  ['the child alone', itself],
];

/** Processor time that a process has used, s. */
function cpuOf(pid: number): number {
  const [user, system] = (/\) \S((?: \S+)+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '').trim().split(' ').slice(10, 12);
  return (Number(user) + Number(system)) / TICKS;
}

async function until(met: () => boolean, what: string): Promise<void> {
  for (const end_ms = Date.now() + 120_000; !met(); await pause(2)) if (Date.now() > end_ms) throw new Error(`no ${what}`);
}

/** How the worker writes: as much at once as a pipe holds, or what most programs write at once. */
const WRITERS: readonly (readonly [string, (data: string) => string])[] = [
  ['64 KiB', (data) => `cat ${`${data} `.repeat(size_mib / PIECE_MIB)}`],
  ['4 KiB', (data) => `dd status=none bs=4k if=${data};`.repeat(size_mib / PIECE_MIB).slice(0, -1)],
];

async function measure(start: Start, write: string): Promise<Result> {
  const at = mkdtempSync(join(place, 'ringmaster-bench-'));
  const file = (name: string): string => join(at, name);
  const child = start(at, `: > ${file('up')}; until [ -e ${file('go')} ]; do sleep 0.01; done; ${write}; : > ${file('done')}`);
  const ended = once(child, 'exit');
  const { pid = 0 } = child;
  try {
    await until(() => existsSync(file('up')), 'worker');
    await pause(500);
    const cpu_s = cpuOf(pid);
    const begin_ms = performance.now();
    writeFileSync(file('go'), '');
    await until(() => existsSync(file('done')), 'end of the worker');
    const seconds = (performance.now() - begin_ms) / 1000;
    await pause(100);
    // A child alone is gone, and nobody has supervised it.
    const used_s = existsSync(`/proc/${pid}/stat`) && start !== itself ? cpuOf(pid) - cpu_s : 0;
    if (statSync(file('out.log')).size === 0) throw new Error('nothing was written');
    return { mib_per_s: size_mib / seconds, cpu_s_per_gib: (used_s / size_mib) * 1024 };
  } finally {
    child.kill();
    await ended;
    rmSync(at, { recursive: true });
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** Numbered lines of 100 bytes. */
function makeData(): string {
  const data = join(place, `ringmaster-bench-${process.pid}.data`);
  const lines = Array.from({ length: (PIECE_MIB * MIB) / 100 }, (_, number) => `${String(number).padStart(10, '0')} ${'x'.repeat(88)}\n`);
  writeFileSync(data, lines.join(''));
  return data;
}

const data = makeData();
const results = new Map<string, Result[]>();
try {
  for (let round = 0; round < rounds; round++) {
    for (const [pieces, write] of WRITERS) {
      for (const [name, start] of CASES) {
        const title = `${name}, ${pieces} at once`;
        results.set(title, [...(results.get(title) ?? []), await measure(start, write(data))]);
      }
    }
  }
} finally {
  rmSync(data);
}
for (const [name, all] of results) {
  const speed = median(all.map(({ mib_per_s }) => mib_per_s)).toFixed(0);
  const cost = median(all.map(({ cpu_s_per_gib }) => cpu_s_per_gib)).toFixed(2);
  process.stdout.write(`${name.padEnd(52)} ${speed.padStart(6)} MiB/s ${cost.padStart(7)} CPU s/GiB\n`);
}
