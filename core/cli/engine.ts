import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** An option of V8, and the first and the last version that are known to have it: another would complain of it, on standard error, at each start. */
interface Flag {
  readonly flag: string;
  readonly first: number;
  readonly last: number;
}

/**
 * V8 makes machine code of what has run for this long, in bytes of bytecode; its own answer is a tenth. A supervisor does nothing most of
 * the time, and then, when five hundred processes have died, would compile all that it does on two threads just when it and its
 * processes need the processors: more than half of the processor time of a burst. What runs for long is compiled all the same. Node 20 only.
 */
const COMPILE_LATER: Flag = { flag: '--interrupt-budget=700000', first: 11, last: 11 };
/**
 * The young generation stays as large as it is by the end of the start, 8 MiB or so. V8 would let it grow to 32 MiB, or 64 with Node 24, at
 * the first busy moment, and hardly ever give that back; that saves no processor time that could be measured.
 */
const STAY_SMALL: Flag = { flag: '--semi-space-growth-factor=1', first: 11, last: 14 };

/** A context that is made meanwhile has `gc`. */
const EXPOSE_GC: Flag = { flag: '--expose-gc', first: 11, last: 14 };
const HIDE_GC: Flag = { flag: '--no-expose-gc', first: 11, last: 14 };

/**
 * Has V8 wait before it makes machine code. For when what Node itself needs is loaded: V8 drops what Node has compiled of itself
 * beforehand as soon as a flag is another one, and compiles it again. But before a config is read: a big one keeps V8 busy as well.
 */
export function compileLater(): void {
  // Node loads what is behind it at its first use.
  performance.now();
  set(COMPILE_LATER);
}

/** Has V8 spend less memory on what is over in a moment. For when all that is needed is loaded. */
export function staySmall(): void {
  set(STAY_SMALL);
}

/**
 * Has V8 look through the whole heap. After a start it is due soon, and takes 10 ms, in which nothing is replaced; the next one is due after
 * thousands of replacements. For a moment in which nothing else is to be done.
 */
export function collectGarbage(): void {
  set(EXPOSE_GC);
  const gc: unknown = runInNewContext('globalThis.gc');
  set(HIDE_GC);
  if (typeof gc === 'function') gc();
}

function set({ flag, first, last }: Flag): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version >= first && version <= last) setFlagsFromString(flag);
}
