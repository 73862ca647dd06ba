import { constants } from 'node:os';
import type { FakeBehaviour, FakeChild } from '../../core/testing.js';
import { Random } from './random.js';
import type { Scenario } from './scenario.js';

const { SIGTERM, SIGINT, SIGHUP } = constants.signals;
const DEAF_TO = [SIGTERM, SIGINT, SIGHUP];

/** How the nth process of a scenario behaves, whatever came before it: so a scenario with fewer steps still has the same processes. */
export function behaviourOf({ seed, process_faults, process_rate }: Scenario, nth: number): FakeBehaviour {
  const random = new Random(Math.imul(seed, 7919) + nth);
  const behaviour: Writable<FakeBehaviour> = {};
  for (const fault of process_faults) {
    if (!random.chance(process_rate)) continue;
    switch (fault) {
      case 'spawn_fails':
        behaviour.fails = random.pick(['EAGAIN', 'ENOENT', 'EMFILE', 'EACCES', 'ENOMEM']);
        break;
      case 'told_late':
        behaviour.told_after_ms = random.between(0, 30);
        break;
      case 'dies_early':
        behaviour.exits_after_ms = random.pick([0, 1, 50, 900, 4000]);
        behaviour.exit = { exit_code: random.between(0, 2), signal: null };
        break;
      case 'dies_slowly':
        behaviour.dies_after_ms = random.pick([1, 250, 900, 5000]);
        break;
      case 'deaf':
        behaviour.deaf_to = DEAF_TO;
        break;
      case 'leaves_group':
        behaviour.children = Array.from({ length: random.between(1, 2) }, () => child(random));
        break;
      case 'zombie':
        behaviour.reaped_after_ms = random.pick([1, 10, 300]);
        break;
      case 'unkillable':
        // In the kernel for a while, but not for ever.
        if (!random.chance(0.2)) break;
        behaviour.unkillable = true;
        behaviour.exits_after_ms ??= random.pick([3000, 30_000]);
        break;
    }
  }
  return behaviour;
}

/** The program of those that keep sockets open: a shell, which does nothing strange, but may be ended, or not be there at all. */
export const HOLDER = '/bin/sh';

export function holderOf(scenario: Scenario, nth: number): FakeBehaviour {
  const { fails, exits_after_ms, dies_after_ms, reaped_after_ms } = behaviourOf(scenario, nth);
  const given = Object.entries({ fails, exits_after_ms, dies_after_ms, reaped_after_ms }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function child(random: Random): FakeChild {
  return {
    own_group: random.chance(0.2),
    ...(random.chance(0.4) && { deaf_to: DEAF_TO }),
    ...(random.chance(0.3) && { dies_after_ms: random.pick([5, 400, 3000]) }),
    ...(random.chance(0.3) && { exits_after_ms: random.pick([10, 2000]) }),
  };
}
