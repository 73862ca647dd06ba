import { expect } from 'chai';
import { playCrashes, playSeed } from './play.js';
import { firstSeed } from './seeds.js';

/** Where something was wrong once: each has had a fault of its own. */
const FOUND = [402, 1217, 317324];
const FOUND_WITH_CRASHES = [
  19, 33, 46, 106, 204, 402, 1335, 1778, 1864, 50141, 50613, 306094, 313698, 2011683, 452252527, 464551344, 700000879, 900033172,
];
/** How long the seeds of one run may take, real time. */
const BUDGET_MS = 20_000;
const LEAST = 300;

const given = process.env.RINGMASTER_SEED;

/** The same of a durable supervisor that crashes. */
async function expectRightAfterCrashes(seed: number): Promise<void> {
  const { problems } = await playCrashes(seed);
  expect(problems, `seed ${seed}; see what happens: node dist/test/sim/run.js --crashes --seed ${seed} --shrink --trace`).to.deep.equal([]);
}

/** What is wrong with a seed, and how to see it again. */
async function expectRight(seed: number): Promise<void> {
  const { problems } = await playSeed(seed);
  expect(problems, `seed ${seed}; see what happens: node dist/test/sim/run.js --seed ${seed} --shrink --trace`).to.deep.equal([]);
}

describe('a simulated supervisor, with faults of everything around it', function () {
  this.timeout(BUDGET_MS * 6);

  it('is the same for the same seed', async () => {
    const [first, second] = [await playSeed(7, true), await playSeed(7, true)];
    expect(first.lines.length).to.be.greaterThan(50);
    expect(second.lines).to.deep.equal(first.lines);
  });

  for (const seed of FOUND) it(`is right with seed ${seed}`, () => expectRight(seed));

  if (given !== undefined) it(`is right with seed ${given}, which was asked for`, () => expectRight(Number(given)));
  else
    it('is right with as many seeds of this version as there is time for', async () => {
      const first = firstSeed();
      const end_ms = performance.now() + BUDGET_MS;
      let seed = first;
      for (; seed < first + LEAST || performance.now() < end_ms; seed++) await expectRight(seed);
      console.log(`      ${seed - first} seeds from ${first}`);
    });
});

describe('a simulated durable supervisor that crashes at any await, and the next one', function () {
  this.timeout(BUDGET_MS * 6);

  it('are the same for the same seed', async () => {
    const [first, second] = [await playCrashes(3, true), await playCrashes(3, true)];
    expect(first.lines.filter((line) => line.includes('the supervisor is dead'))).to.not.deep.equal([]);
    expect(second.lines).to.deep.equal(first.lines);
  });

  for (const seed of FOUND_WITH_CRASHES) it(`are right with seed ${seed}`, () => expectRightAfterCrashes(seed));

  if (given !== undefined) it(`are right with seed ${given}, which was asked for`, () => expectRightAfterCrashes(Number(given)));
  else
    it('are right with as many seeds of this version as there is time for', async () => {
      const first = firstSeed();
      const end_ms = performance.now() + BUDGET_MS;
      let seed = first;
      for (; seed < first + LEAST || performance.now() < end_ms; seed++) await expectRightAfterCrashes(seed);
      console.log(`      ${seed - first} seeds from ${first}`);
    });
});
