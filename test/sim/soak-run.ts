import { readCommandLine } from '../fixtures/command-line.js';
import { type Held, Soak } from './soak.js';

/** Soaks a daemon by hand: `--minutes 10 --seed 1`. Each round ends with a look at what it holds. */
const { values } = readCommandLine({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    round_s: { type: 'string', default: '10' },
  },
});
const MIB = 1024 * 1024;
const ROUND_MS = Number(values.round_s) * 1000;
const rounds = Math.max(4, Math.round((Number(values.minutes) * 60_000) / ROUND_MS));

/** By the method of least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

const FIGURES: Readonly<Record<string, (held: Held) => number>> = {
  rss_mib: ({ rss_bytes }) => rss_bytes / MIB,
  heap_mib: ({ heap_bytes }) => heap_bytes / MIB,
  external_mib: ({ external_bytes }) => external_bytes / MIB,
  fds: ({ fds }) => fds,
  handles: ({ handles }) => Object.values(handles).reduce((sum, count) => sum + count, 0),
  listeners: ({ listeners }) => listeners,
  threads: ({ threads }) => threads,
  journal_kib: ({ journal_bytes }) => journal_bytes / 1024,
};
const short = (value: number): number => Math.round(value * 100) / 100;

await using soak = await Soak.start(Number(values.seed));
const begun_ms = performance.now();
const samples: (readonly [hours: number, held: Held])[] = [];
for (let round = 1; round <= rounds; round++) {
  await soak.run(ROUND_MS);
  const held = await soak.held();
  samples.push([(performance.now() - begun_ms) / 3_600_000, held]);
  const figures = Object.entries(FIGURES).map(([name, of]) => [name, short(of(held))]);
  console.log(JSON.stringify({ round, ...Object.fromEntries(figures), respawns: held.respawns, ...soak.done }));
}
const half = samples.slice(Math.floor(samples.length / 2));
const [hours] = samples.at(-1) ?? [0];
console.log(
  `over the second half, for each hour of this; done in ${short(hours * 60)} minutes: ${JSON.stringify({ respawns: samples.at(-1)?.[1].respawns, ...soak.done })}`,
);
for (const [name, of] of Object.entries(FIGURES))
  console.log(`  ${name.padEnd(12)} ${short(slope(half.map(([at, held]) => [at, of(held)])))}`);
const status = await soak.end();
console.log(`ended with status ${status}`);
process.exitCode = status ?? 1;
