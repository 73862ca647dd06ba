import { lookup } from 'node:dns';

type Found = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

const KEEP_MS = 60_000;
const RETRY_MS = 5_000;
/** Messages that wait for an address; more are lost. */
const WAITING = 1000;

/**
 * Looks a name up once a minute instead of once a message: each look-up may take one of the few threads that Node has for files too.
 */
export function cachedLookup(family: 4 | 6): (host: string, options: unknown, found: Found) => void {
  let answer: { readonly error: NodeJS.ErrnoException | null; readonly address: string; readonly until_ms: number } | null = null;
  let waiting: Found[] = [];
  return (host, _options, found) => {
    if (answer !== null && performance.now() < answer.until_ms) {
      const { error, address } = answer;
      process.nextTick(() => found(error, address, family));
      return;
    }
    if (waiting.length >= WAITING) {
      process.nextTick(() => found(new Error(`no address of ${host} yet`), '', family));
      return;
    }
    waiting.push(found);
    if (waiting.length > 1) return;
    lookup(host, { family }, (error, address) => {
      answer = { error, address, until_ms: performance.now() + (error ? RETRY_MS : KEEP_MS) };
      const told = waiting;
      waiting = [];
      for (const one of told) one(error, address, family);
    });
  };
}
