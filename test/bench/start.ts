import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bin, binFile } from '../fixtures/cli/run-bin.js';
import { Daemon, iniHead } from '../fixtures/daemon.js';
import { quantile } from '../fixtures/respawns.js';
import { startOnce } from './peers.js';

// How long things take from the start of their process, beside a script that does nothing. See README.md beside the source of this file.
const ROUNDS = Number(process.argv[2] ?? 12);

const directory = mkdtempSync(join(tmpdir(), 'rm-start-'));
const endpoint = join(directory, 'control.sock');
const empty = join(directory, 'empty.mjs');
const ini = join(directory, 'empty.ini');
const yaml = join(directory, 'empty.yaml');
writeFileSync(empty, '');
writeFileSync(ini, `[circus]\nendpoint = ipc://${endpoint}\npubsub_endpoint = ipc://${directory}/events.sock\n`);
writeFileSync(yaml, `endpoint: ipc://${endpoint}\npubsub_endpoint: ipc://${directory}/events.sock\n`);

function run(words: readonly string[]): ChildProcess {
  const { RINGMASTER_ENDPOINT: _, CIRCUSCTL_ENDPOINT: __, ...env } = process.env;
  return spawn(process.execPath, words, { env: { ...env, RINGMASTER_RUNTIME_DIR: directory }, stdio: 'ignore' });
}

/** Milliseconds until it has ended. */
async function untilEnd(words: readonly string[]): Promise<number> {
  const begun = performance.now();
  const [status] = await once(run(words), 'exit');
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  return performance.now() - begun;
}

/** Whether the endpoint greets, as a ZeroMQ socket does once somebody serves it. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(endpoint);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => end(false));
    socket.on('data', () => end(true));
  });
}

/** Milliseconds until its endpoint answers. */
async function untilAnswer(words: readonly string[]): Promise<number> {
  const begun = performance.now();
  const child = run(words);
  const ended = once(child, 'exit');
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`${words.join(' ')} ended with ${child.exitCode}`);
    await sleep(1);
  }
  const took = performance.now() - begun;
  child.kill('SIGTERM');
  await ended;
  return took;
}

const bin = (name: Bin, ...args: readonly string[]): readonly string[] => [binFile(name), ...args];

startOnce(directory);
await using daemon = await Daemon.start({ config: iniHead });
const cases: Readonly<Record<string, () => Promise<number>>> = {
  'an empty script': () => untilEnd([empty]),
  'ringmaster --version': () => untilEnd(bin('main', '--version')),
  'ringmaster status': () => untilEnd(bin('main', 'status', '--endpoint', daemon.place.endpoint)),
  'circusd empty.ini': () => untilAnswer(bin('circusd', ini)),
  'ringmaster run empty.yaml': () => untilAnswer(bin('main', 'run', yaml)),
};
const took = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, measure] of Object.entries(cases)) took.set(name, [...(took.get(name) ?? []), await measure()]);
}
rmSync(directory, { recursive: true });

const base = quantile(took.get('an empty script') ?? [], 0.5);
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}; medians of ${ROUNDS}, by turns`,
);
for (const [name, times] of took) {
  const median = quantile(times, 0.5);
  console.log(`${name.padEnd(28)} ${median.toFixed(0).padStart(5)} ms  ${(median / base).toFixed(2).padStart(5)} ×`);
}
