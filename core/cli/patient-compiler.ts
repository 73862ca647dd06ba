import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';

/**
 * V8 makes machine code of what has run for this long, in bytes of bytecode; its own answer is a tenth. A supervisor does nothing most of
 * the time, and then, when five hundred processes have died, would compile all that it does on two threads just when it and its
 * processes need the processors: more than half of the processor time of a burst. What runs for long is compiled all the same.
 */
const BUDGET_BYTES = 700_000;
/** The versions known to have the option; another would complain of it, on standard error, at each start. */
const [OLDEST, NEWEST] = [11, 14];

/** When the code of a start has been compiled, ms after it. */
const SETTLED_MS = 1000;

/**
 * Has V8 wait before it makes machine code. For when what Node itself needs is loaded: V8 drops what Node has compiled of itself
 * beforehand as soon as a flag is another one, and compiles it again. But before a config is read: a big one keeps V8 busy as well.
 *
 * Not yet where what is compiled is still to be kept for the next start, which V8 takes back only under the flags that it begins with.
 *
 * @param file the config that is about to be read
 * @returns is to be called after the start
 */
export async function compileLater(file: string): Promise<(log: Logger) => void> {
  const { isToBeKept, keepCode } = await import('../kept-code.js');
  // What is loaded only after this is not found in what was kept.
  if (/\.ya?ml$/i.test(file)) await import('../config/formats/yaml.js');
  if (!isToBeKept()) {
    bePatient();
    return () => {};
  }
  let is_kept = false;
  return (log) => {
    const keep = (): void => {
      if (is_kept) return;
      is_kept = true;
      try {
        keepCode();
      } catch (error) {
        log.debug(`compiled code is not kept for the next start: ${messageOf(error)}`);
      }
      bePatient();
    };
    setTimeout(keep, SETTLED_MS).unref();
  };
}

function bePatient(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version >= OLDEST && version <= NEWEST) setFlagsFromString(`--interrupt-budget=${BUDGET_BYTES}`);
}
