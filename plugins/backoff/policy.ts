import type { Options } from './schema.js';

/**
 * Early deaths in a row, after another death.
 *
 * @param before those before this one
 * @param uptime_ms how long the process ran; null where it could not be spawned
 * @returns 0 after a process that was well
 */
export function failuresAfter(before: number, uptime_ms: number | null, { reset_after }: Pick<Options, 'reset_after'>): number {
  return uptime_ms !== null && uptime_ms >= reset_after * 1000 ? 0 : before + 1;
}

/**
 * How long the start of the process that died and its respawn are apart at least, so that one which lived longer is not waited for.
 *
 * @param failures early deaths in a row, this one included
 * @param chance from 0 to 1
 * @returns milliseconds, at most `cap`
 */
export function delayAfter(
  failures: number,
  { at_once, initial, factor, cap, jitter }: Pick<Options, 'at_once' | 'initial' | 'factor' | 'cap' | 'jitter'>,
  chance: number,
): number {
  if (failures <= Math.max(at_once, 0)) return 0;
  // Only ever shortened, so that `cap` is kept; and a power that overflows is the cap too.
  const wait_s = Math.min(initial * factor ** (failures - at_once - 1), cap);
  return wait_s * 1000 * (1 - jitter * chance);
}
