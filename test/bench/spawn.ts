import type { FdSource, Os } from '../../core/os/port.js';
import { FORMS, Output, run } from '../fixtures/os.js';

/** Milliseconds and CPU milliseconds of the supervisor per spawn; both forms in turn, for the machine has its moods. */
const SPAWNS = Number(process.argv[2] ?? 300);
const ROUNDS = Number(process.argv[3] ?? 5);
const SHAPES = ['nothing', 'two pipes'] as const;

async function spawnMany(os: Os, shape: (typeof SHAPES)[number]): Promise<{ ms: number; cpu_ms: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const exits = [];
  for (let index = 0; index < SPAWNS; index++) {
    const fds: [number, FdSource][] = shape === 'nothing' ? [] : [1, 2].map((fd) => [fd, { kind: 'pipe', sink: new Output() }]);
    const { exit } = await run(os, ['/bin/true'], { fds: new Map(fds) });
    exits.push(exit);
  }
  const ms = performance.now() - start;
  await Promise.all(exits);
  const { user, system } = process.cpuUsage(cpu);
  return { ms: ms / SPAWNS, cpu_ms: (user + system) / 1000 / SPAWNS };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const figures = new Map<string, { ms: number; cpu_ms: number }[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, form] of FORMS) {
    for (const shape of SHAPES) {
      const key = `${name}, ${shape}`;
      figures.set(key, [...(figures.get(key) ?? []), await spawnMany(await form(), shape)]);
    }
  }
}
for (const [key, rounds] of figures) {
  const [ms, cpu_ms] = [median(rounds.map((round) => round.ms)), median(rounds.map((round) => round.cpu_ms))];
  process.stdout.write(`${key.padEnd(24)} ${ms.toFixed(3)} ms per spawn, ${cpu_ms.toFixed(3)} ms of CPU\n`);
}
