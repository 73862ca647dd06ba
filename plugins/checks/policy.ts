/** What is remembered of a check. */
export interface Health {
  /** Failures in a row since it last passed, or was acted upon. */
  readonly failures: number;
  /** Whether it was acted upon and has not passed since. */
  readonly failing: boolean;
}
export const HEALTHY: Health = { failures: 0, failing: false };

/** What a result leads to. `fail_again`: it was acted upon before, and has not passed since. */
export type Verdict = 'none' | 'fail' | 'fail_again' | 'recover';

/** @param threshold how many failures in a row it takes to act, and to act again */
export function onResult(health: Health, passed: boolean, threshold: number): { readonly health: Health; readonly verdict: Verdict } {
  if (passed) return { health: HEALTHY, verdict: health.failing ? 'recover' : 'none' };
  const failures = health.failures + 1;
  if (failures < threshold) return { health: { ...health, failures }, verdict: 'none' };
  return { health: { failures: 0, failing: true }, verdict: health.failing ? 'fail_again' : 'fail' };
}
