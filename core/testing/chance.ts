import type { FakeBehaviour } from './fake-os.js';

/** What the fake operating system leaves to chance. */
export interface FakeChance {
  /** From 0 to 1, without 1. */
  random(): number;
  /** Share of spawns that fail, and of processes that end by themselves within seconds; 0: none. */
  readonly faults: number;
}

const LONGEST_SPAWN_MS = 20;
const LONGEST_DEATH_MS = 100;
const LONGEST_LIFE_MS = 10_000;
const ERRNOS = ['EAGAIN', 'ENOMEM', 'EMFILE'] as const;

/**
 * Numbers from 0 to 1, without 1, that are the same whenever the seed is.
 *
 * @source mulberry32, Tommy Ettinger, public domain
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A behaviour with what it leaves open decided by chance: how long things take, and what fails. */
export function varied(behaviour: FakeBehaviour, { random, faults }: FakeChance): FakeBehaviour {
  const told_after_ms = Math.floor(random() * LONGEST_SPAWN_MS);
  const dies_after_ms = Math.floor(random() * LONGEST_DEATH_MS);
  const fails = random() < faults ? { fails: ERRNOS[Math.floor(random() * ERRNOS.length)] ?? ERRNOS[0] } : {};
  const exit = { exit_code: 1, signal: null };
  const ends = random() < faults ? { exits_after_ms: Math.floor(random() * LONGEST_LIFE_MS), exit } : {};
  return { told_after_ms, dies_after_ms, ...fails, ...ends, ...behaviour };
}
