import { makeCrashScenario, makeScenario, type Scenario } from './scenario.js';
import { World } from './world.js';

/** What came of a run: nothing is wrong where `problems` is empty. */
export interface Played {
  readonly scenario: Scenario;
  readonly problems: readonly string[];
  /** What happened, where that was asked for. */
  readonly lines: readonly string[];
}

export async function play(scenario: Scenario, tracing = false): Promise<Played> {
  const world = new World(scenario, tracing);
  await world.play();
  return { scenario, problems: world.problems, lines: world.lines };
}

export const playSeed = (seed: number, tracing = false): Promise<Played> => play(makeScenario(seed), tracing);

/** The same with a durable supervisor that crashes. */
export const playCrashes = (seed: number, tracing = false): Promise<Played> => play(makeCrashScenario(seed), tracing);

/** The same failure with as little as can be: steps and faults are left out as long as something is wrong without them. */
export async function shrink(failing: Scenario): Promise<Scenario> {
  let smallest = failing;
  const wrong = kind((await play(failing)).problems[0] ?? '');
  const tryOut = async (scenario: Scenario): Promise<boolean> => {
    if (!(await play(scenario)).problems.some((problem) => kind(problem) === wrong)) return false;
    smallest = scenario;
    return true;
  };
  for (const fault of smallest.process_faults)
    await tryOut({ ...smallest, process_faults: smallest.process_faults.filter((one) => one !== fault) });
  for (const fault of smallest.hook_faults) await tryOut({ ...smallest, hook_faults: smallest.hook_faults.filter((one) => one !== fault) });
  for (let size = Math.ceil(smallest.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.steps.length; ) {
      const steps = smallest.steps.filter((_, index) => index < from || index >= from + size);
      if (!(await tryOut({ ...smallest, steps }))) from += size;
    }
  }
  return smallest;
}

/** What is wrong without the numbers and names of this one time. */
const kind = (problem: string): string => problem.replaceAll(/\d+|\b[abcd]\b/g, '');
