import { messageOf } from '../errors.js';

const PAUSE_MS = 5;

/**
 * Waits, in real time, for `predicate` to return (or resolve with) something truthy, and resolves with that. While it throws, it
 * counts as not true yet, so that it may be made of expectations.
 *
 * @throws Error once `deadline_ms` (default 20 000) have passed, with `what` and what the last try came to
 */
export async function eventually<T>(
  predicate: () => T | PromiseLike<T>,
  { deadline_ms = 20_000, what = 'the condition' }: { readonly deadline_ms?: number; readonly what?: string } = {},
): Promise<NonNullable<T>> {
  const end_ms = performance.now() + deadline_ms;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const value = await predicate();
      if (value) return value;
      last = String(value);
    } catch (thrown) {
      cause = thrown;
      last = messageOf(thrown);
    }
    if (performance.now() >= end_ms) throw new Error(`waited ${deadline_ms} ms for ${what}, the last try: ${last}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
