import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { collectGarbage, compileLater, staySmall } from './engine.js';

/** When all that belongs to a start is over, ms after it. */
const SETTLED_MS = 1000;

/** What is done at points of a start. */
export interface KeptStart {
  /** All that the supervisor needs is loaded. */
  loaded(): void;
  /** It runs. */
  settled(log: Logger): void;
}

/**
 * Starts with what V8 has compiled in an earlier start, or keeps what it compiles in this one for the next: V8 takes code back only under the
 * options that it was made under, so that those of `engine.ts` are set when all of it is there, or is kept.
 *
 * @param file the config that is about to be read
 */
export async function keptStart(file: string): Promise<KeptStart> {
  const { isToBeKept, keepCode } = await import('../kept-code.js');
  // What is loaded only after this is not found in what was kept.
  if (/\.ya?ml$/i.test(file)) await import('../config/formats/yaml.js');
  if (!isToBeKept()) {
    compileLater();
    return { loaded: staySmall, settled: () => void setTimeout(collectGarbage, SETTLED_MS).unref() };
  }
  const keep = (log: Logger): void => {
    try {
      keepCode();
    } catch (error) {
      log.debug(`compiled code is not kept for the next start: ${messageOf(error)}`);
    }
    compileLater();
    staySmall();
    collectGarbage();
  };
  return {
    loaded: () => {},
    settled: (log) => {
      setTimeout(keep, SETTLED_MS, log).unref();
    },
  };
}
