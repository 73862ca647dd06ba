import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { binFile } from '../fixtures/cli/run-bin.js';
import { type Place, worker } from './place.js';

/** Workers to run. */
export interface Work {
  readonly workers: number;
  /** One service of all of them, or one service for each. */
  readonly shape: 'one' | 'many';
}

export interface Peer {
  readonly name: string;
  readonly shapes: readonly Work['shape'][];
  /** What it says of itself; null where it is not installed. */
  version(): string | null;
  /** Writes what it needs: untimed. */
  prepare(place: Place, work: Work): void;
  start(place: Place, work: Work): ChildProcess;
  /** What asks the process that was started for the end of all. */
  readonly stop: NodeJS.Signals;
}

/** Where Circus is that is not installed: a directory for PYTHONPATH. */
const CIRCUS = process.env.RINGMASTER_BENCH_CIRCUS ?? '/tmp/circus';
export const PYTHON = process.env.RINGMASTER_BENCH_PYTHON ?? '/usr/bin/python3';
export const PYTHON_ENV = existsSync(CIRCUS) ? { ...process.env, PYTHONPATH: CIRCUS } : process.env;
/** PM2's program; the one on PATH where it is not said. */
const PM2 = process.env.RINGMASTER_BENCH_PM2 ?? 'pm2';

const PLAIN: { stdio: 'ignore'; cwd: string } = { stdio: 'ignore', cwd: '/' };
const versions = new Map<string, string | null>();

/** What a command prints first; null where it can't be run. */
function said(program: string, words: readonly string[], env = process.env): string | null {
  const key = [program, ...words].join(' ');
  const known = versions.get(key);
  if (known !== undefined) return known;
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8', env, timeout: 20_000 });
  const version = status === 0 ? (stdout.trim().split('\n').at(-1) ?? '') : null;
  versions.set(key, version);
  return version;
}

/** Whether a program is on PATH that has no way to tell its version. */
const onPath = (program: string): string | null => (said('sh', ['-c', `command -v ${program}`]) === null ? null : 'installed');

const numbers = ({ workers }: Work): readonly number[] => Array.from({ length: workers }, (_, index) => index);
const command = (place: Place): string => `${worker().path} ${place.reports}`;

/** A directory for each service with a `run`, as runit and s6 have them. */
function services(place: Place, work: Work): void {
  mkdirSync(place.file('services'));
  for (const number of numbers(work)) {
    const directory = place.file(`services/${number}`);
    mkdirSync(directory);
    writeFileSync(`${directory}/run`, `#!/bin/sh\nexec ${command(place)}\n`, { mode: 0o755 });
  }
}

/** How long a start takes, with what is kept of it for the next one. */
const FIRST_START_MS = 4000;
let has_started = false;

/** A first start, untimed: what V8 compiles in it is kept for those after it. */
export function startOnce(directory: string): void {
  if (has_started) return;
  has_started = true;
  const config = `${directory}/first.json`;
  const endpoints = { endpoint: `ipc://${directory}/first-control`, pubsub_endpoint: `ipc://${directory}/first-events` };
  writeFileSync(config, JSON.stringify(endpoints));
  spawnSync(process.execPath, [binFile('main'), 'run', config], { ...PLAIN, timeout: FIRST_START_MS });
}

export const ringmaster: Peer = {
  name: 'ringmaster',
  shapes: ['one', 'many'],
  version: () => said(process.execPath, [binFile('main'), '--version']),
  prepare: (place, work) => {
    startOnce(place.directory);
    const watcher = { cmd: worker().path, args: [place.reports], numprocesses: work.shape === 'one' ? work.workers : 1 };
    const watchers = work.shape === 'one' ? { web: watcher } : Object.fromEntries(numbers(work).map((number) => [`web${number}`, watcher]));
    const config = { endpoint: `ipc://${place.file('control')}`, pubsub_endpoint: `ipc://${place.file('events')}`, watchers };
    writeFileSync(place.file('ringmaster.json'), JSON.stringify(config));
  },
  start: (place) => spawn(process.execPath, [binFile('main'), 'run', place.file('ringmaster.json')], PLAIN),
  stop: 'SIGTERM',
};

const circus: Peer = {
  name: 'Circus',
  shapes: ['one', 'many'],
  version: () => said(PYTHON, ['-m', 'circus.circusd', '--version'], PYTHON_ENV),
  prepare: (place, work) => {
    const watcher = (name: string, count: number): string => `[watcher:${name}]\ncmd = ${command(place)}\nnumprocesses = ${count}\n`;
    const watchers =
      work.shape === 'one'
        ? watcher('web', work.workers)
        : numbers(work)
            .map((number) => watcher(`web${number}`, 1))
            .join('');
    const head = `[circus]\nendpoint = ipc://${place.file('control')}\npubsub_endpoint = ipc://${place.file('events')}\n`;
    writeFileSync(place.file('circus.ini'), `${head}stats_endpoint = ipc://${place.file('stats')}\n${watchers}`);
  },
  start: (place) => spawn(PYTHON, ['-m', 'circus.circusd', place.file('circus.ini')], { ...PLAIN, env: PYTHON_ENV }),
  stop: 'SIGTERM',
};

const supervisor: Peer = {
  name: 'Supervisor',
  shapes: ['one', 'many'],
  version: () => said('supervisord', ['--version']),
  prepare: (place, work) => {
    const program = (name: string, count: number): string =>
      `[program:${name}]\ncommand=${command(place)}\nnumprocs=${count}\nprocess_name=%(program_name)s_%(process_num)d\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n`;
    const programs =
      work.shape === 'one'
        ? program('web', work.workers)
        : numbers(work)
            .map((number) => program(`web${number}`, 1))
            .join('');
    const at = place.directory;
    const head = `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${at}/pid\nchildlogdir=${at}\nminfds=16384\nuser=root\n`;
    writeFileSync(place.file('supervisord.conf'), head + programs);
  },
  start: (place) => spawn('supervisord', ['-c', place.file('supervisord.conf')], PLAIN),
  stop: 'SIGTERM',
};

const pm2: Peer = {
  name: 'PM2',
  shapes: ['one'],
  version: () =>
    PM2 === 'pm2' && onPath('pm2') === null ? null : existsSync(`${PM2}-runtime`) || onPath('pm2-runtime') ? 'installed' : null,
  prepare: (place, { workers }) => {
    const app = { name: 'web', script: worker().path, args: [place.reports], interpreter: 'none', exec_mode: 'fork', instances: workers };
    writeFileSync(place.file('pm2.json'), JSON.stringify({ apps: [{ ...app, out_file: '/dev/null', error_file: '/dev/null' }] }));
  },
  start: (place) =>
    spawn(`${PM2}-runtime`, ['start', place.file('pm2.json')], { ...PLAIN, env: { ...process.env, PM2_HOME: place.file('pm2') } }),
  stop: 'SIGTERM',
};

const runit: Peer = {
  name: 'runit',
  shapes: ['many'],
  version: () => onPath('runsvdir'),
  prepare: services,
  start: (place) => spawn('runsvdir', [place.file('services')], PLAIN),
  stop: 'SIGHUP',
};

const s6: Peer = {
  name: 's6',
  shapes: ['many'],
  version: () => onPath('s6-svscan'),
  prepare: services,
  start: (place) => spawn('s6-svscan', ['-c', '5000', place.file('services')], PLAIN),
  stop: 'SIGTERM',
};

/** What the kernel allows: a loop in C that spawns and waits. */
export const limit: Peer = {
  name: 'posix_spawn in C',
  shapes: ['one'],
  version: () => (worker().clock === 'monotonic' ? 'compiled' : null),
  prepare: () => {},
  start: (place, { workers }) => spawn(worker().path, [place.reports, String(workers)], PLAIN),
  stop: 'SIGTERM',
};

/** The same, which replaces what dies and does nothing else. */
export const replacing: Peer = { ...limit, name: `${limit.name}, replacing` };

export const PEERS: readonly Peer[] = [ringmaster, circus, supervisor, pm2, runit, s6];

export const isThere = (peer: Peer): boolean => peer.version() !== null;
