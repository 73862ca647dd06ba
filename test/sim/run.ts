import { readCommandLine } from '../fixtures/command-line.js';
import { play, playCrashes, playSeed, shrink } from './play.js';
import { firstSeed } from './seeds.js';

/** Plays seeds by hand: `--seed 123 [--trace] [--shrink]`, or `--from 1 --count 100000`, by default from the tests' first;
 * with `--crashes` of a durable supervisor. */
const { values } = readCommandLine({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: String(firstSeed()) },
    count: { type: 'string', default: '1000' },
    crashes: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
  },
});

const playOne = values.crashes ? playCrashes : playSeed;
let failed = 0;
if (values.seed !== undefined) {
  const given = await playOne(Number(values.seed));
  failed = given.problems.length > 0 ? 1 : 0;
  const smallest = values.shrink && failed > 0 ? await shrink(given.scenario) : given.scenario;
  const { lines, problems } = await play(smallest, values.trace);
  if (values.shrink) console.log(JSON.stringify(smallest, null, 1));
  for (const line of lines) console.log(line);
  console.log(problems.length === 0 ? `seed ${values.seed}: nothing is wrong` : `seed ${values.seed}:\n${problems.join('\n')}`);
} else {
  const [from, count] = [Number(values.from), Number(values.count)];
  const begun_ms = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const { problems } = await playOne(seed);
    if (problems.length === 0) continue;
    failed++;
    console.log(`seed ${seed}: ${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`);
  }
  const took_ms = Math.round(performance.now() - begun_ms);
  console.log(`${count} seeds from ${from}: ${failed} with something wrong, ${took_ms} ms`);
}
process.exitCode = failed > 0 ? 1 : 0;
