import type { AnyPlugin } from '../../plugin.js';
import { baseOptions, checkDefinition } from './definition.js';
import { type Life, type LifeOptions, live } from './life.js';
import type { Site } from './observer.js';
import { type ConformanceCheck, checked } from './report.js';

export type { ConformanceCheck } from './report.js';

export interface ConformanceOptions {
  /** Options to set it up with, over its defaults and the examples of what must be given. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Options of plugins that it requires, as in a config. */
  readonly others?: Readonly<Record<string, unknown>>;
  /** Milliseconds for which a call may hold up everything else; 50 where none are given. */
  readonly blocking_ms?: number;
}

const BLOCKING_MS = 50;
const ROUNDS = 3;
/** Points of one site at which something is wrong, after which no more are tried. */
const ENOUGH = 3;
/** More than this is a promise that waits for the world outside. */
const MOST_STEPS = 64;

/**
 * Checks whether a plugin is what everybody may expect of one: its definition, its life on a fake operating system, and that it can be closed
 * at any moment.
 *
 * @returns one result for each check, in a fixed order
 */
export async function testPlugin(plugin: AnyPlugin, given: ConformanceOptions = {}): Promise<readonly ConformanceCheck[]> {
  const { others = {}, blocking_ms = BLOCKING_MS } = given;
  const options = baseOptions(plugin, given.options ?? {});
  const definition = checkDefinition(plugin, options);
  if (definition.some(({ name, ok }) => name === 'defaults' && !ok)) return definition;
  const base: LifeOptions = { plugin, options, others, rounds: 0 };
  // What is loaded once, by the first life, is no leak.
  const first = await live(base);
  const second = await live(base);
  const again = await live({ ...base, rounds: ROUNDS });
  const lives = [first, second, again];
  const interrupted = first.failures.length > 0 ? [] : await interruptedLives(base, [...new Set([...first.blocked_ms.keys()])]);
  const named = (found: readonly Interrupted[], of: 'failures' | 'leaks'): readonly string[] =>
    found.flatMap(({ site, step, life }) => life[of].map((text) => `closed in ${site}, ${placeOf(step)}: ${text}`));
  return [
    ...definition,
    checked('setup', [...first.failures, ...second.failures]),
    checked(
      'hooks',
      lives.flatMap(({ undeclared }) => [...undeclared].map((hook) => `it asks for hook ${hook}, which is not among its hooks`)),
    ),
    checked('per_watcher', perWatcherProblems(plugin, lives)),
    checked('blocking', blockingProblems([...lives, ...interrupted.map(({ life }) => life)], blocking_ms)),
    checked('leaks', second.leaks),
    checked('reconfigure', first.failures.length > 0 ? [] : [...again.failures, ...again.leaks]),
    checked('disposal', [...named(interrupted, 'failures'), ...named(interrupted, 'leaks')]),
  ];
}

interface Interrupted {
  readonly site: Site;
  readonly step: number;
  readonly life: Life;
}

/** Lives that end in each call of the plugin, and after each step of those calls that return a promise. */
async function interruptedLives(base: LifeOptions, sites: readonly Site[]): Promise<readonly Interrupted[]> {
  const done: Interrupted[] = [];
  for (const site of sites) {
    let bad = 0;
    for (let step = 0; step <= MOST_STEPS && bad < ENOUGH; step++) {
      const life = await live({ ...base, point: { site, step } });
      if (!life.reached) break;
      done.push({ site, step, life });
      if (life.failures.length > 0 || life.leaks.length > 0) bad += 1;
    }
  }
  return done;
}

const placeOf = (step: number): string => (step === 0 ? 'within the call' : `step ${step} of what it awaits`);

function perWatcherProblems({ per_watcher = false }: AnyPlugin, lives: readonly Life[]): readonly string[] {
  const asks = lives.some(({ touched }) => touched.has('configFor'));
  if (asks === per_watcher) return [];
  return [asks ? 'it asks configFor, and does not say per_watcher' : 'it says per_watcher, and never asks configFor'];
}

/** A machine that is busy holds up everything now and then, so each site is judged by the best of its lives. */
function blockingProblems(lives: readonly Life[], limit_ms: number): readonly string[] {
  const best = new Map<Site, number>();
  for (const { blocked_ms } of lives) for (const [site, ms] of blocked_ms) best.set(site, Math.min(ms, best.get(site) ?? ms));
  const long = [...best].filter(([, ms]) => ms > limit_ms);
  return long.map(([site, ms]) => `${site} held up everything for ${Math.round(ms)} ms; ${limit_ms} ms are allowed`);
}
