import { setFlagsFromString } from 'node:v8';

/**
 * V8 makes machine code of what has run for this long, in bytes of bytecode; its own answer is a tenth. A supervisor does nothing most of
 * the time, and then, when five hundred processes have died, would compile all that it does on two threads just when it and its
 * processes need the processors: more than half of the processor time of a burst. What runs for long is compiled all the same. Node 20 only.
 */
const COMPILE_LATER = '--interrupt-budget=700000';
/**
 * The young generation stays as large as it is by the end of the start, 8 MiB or so. V8 would let it grow to 32 MiB, or 64 with Node 24, at
 * the first busy moment, and hardly ever give that back; that saves no processor time that could be measured.
 */
const STAY_SMALL = '--semi-space-growth-factor=1';
/** An option, and the first and the last version of V8 that are known to have it: another would complain of it, on standard error, at each start. */
const FLAGS: readonly (readonly [flag: string, first: number, last: number])[] = [
  [COMPILE_LATER, 11, 11],
  [STAY_SMALL, 11, 13],
];

/**
 * Has V8 spend less, of processor time and of memory, on what is over in a moment. For when most of Node that is needed is loaded: V8 drops
 * what Node has compiled of itself beforehand as soon as a flag is another one, and compiles it again.
 */
export function tuneEngine(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  for (const [flag, first, last] of FLAGS) if (version >= first && version <= last) setFlagsFromString(flag);
}
