import { readCommandLine } from '../fixtures/command-line.js';
import { endAtRandom, GRACE_MS, launchHostile, Trouble } from './hostile-children.js';
import { Random } from './random.js';

/** Starts and stops hostile children by hand: `--cycles 10000 --ends 200 --seed 1 [--durable]`. */
const { values } = readCommandLine({
  options: {
    cycles: { type: 'string', default: '10000' },
    ends: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    durable: { type: 'boolean', default: false },
  },
});
const [cycles, ends, seed] = [Number(values.cycles), Number(values.ends), Number(values.seed)];
const PARTS = 10;
const MIB = 1024 * 1024;
let wrong = 0;

if (cycles > 0) {
  await using daemon = await launchHostile(values.durable);
  await daemon.ready();
  const trouble = new Trouble(daemon, seed);
  const begun_ms = performance.now();
  for (let part = 1; part <= PARTS; part++) {
    await trouble.until((part * cycles) / PARTS);
    const { births } = trouble;
    const { rss_bytes, orphans, ...rest } = await trouble.rest();
    wrong += orphans.length + rest.zombies + rest.recorded;
    const seconds = Math.round((performance.now() - begun_ms) / 1000);
    console.log(JSON.stringify({ part, births, seconds, rss_mib: Math.round(rss_bytes / MIB), orphans: orphans.length, ...rest }));
    for (const orphan of orphans) console.log(`  ${orphan}`);
    if (part < PARTS) await trouble.again();
  }
}

const random = new Random(seed);
let slowest_ms = 0;
for (let round = 0; round < ends; round++) {
  const { delay_ms, took_ms, end, orphans, said } = await endAtRandom(random, values.durable);
  slowest_ms = Math.max(slowest_ms, took_ms);
  if (end.status === 0 && orphans.length === 0) continue;
  wrong++;
  console.log(`end ${round}, ${delay_ms} ms after its first line: ${JSON.stringify(end)}\n${orphans.join('\n')}\n${said}`);
}
if (ends > 0) console.log(`${ends} ends, the slowest took ${slowest_ms} ms with a graceful_timeout of ${GRACE_MS} ms`);
console.log(wrong === 0 ? 'nothing is wrong' : `${wrong} things are wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
