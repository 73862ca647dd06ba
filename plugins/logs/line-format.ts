import type { TimeFormat } from './time-format.js';

export const NEWLINE = 10;

/**
 * Makes of a process's bytes what is written.
 *
 * @param bytes whole lines, or a piece of one
 * @param fresh whether they begin a line
 * @returns bytes that are valid until the next call of any format
 */
export type LineFormat = (bytes: Buffer, pid: number, fresh: boolean) => Buffer;

/** Where formatted bytes are put together; one for all, as they are consumed before anything else is formatted. */
let scratch = Buffer.allocUnsafeSlow(131_072);
/** As many bytes are made text at once: texts that V8 takes for large cost it four times as much. */
const SLICE_BYTES = 16_384;

/** Puts a text of one byte a character where texts are put together. @returns where the next one begins */
function put(text: string, at: number): number {
  if (at + text.length > scratch.length) {
    const bigger = Buffer.allocUnsafeSlow((at + text.length) * 2);
    scratch.copy(bigger, 0, 0, at);
    scratch = bigger;
  }
  return at + scratch.write(text, at, 'latin1');
}

/** How many lines end in these bytes, the unended one at the end included. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return bytes.length > 0 && bytes[bytes.length - 1] !== NEWLINE ? lines + 1 : lines;
}

/**
 * Puts `TIME [PID] | ` before each line. Bytes that are no text stay as they are.
 *
 * @param now milliseconds since the epoch
 * @source Circus's `time_format`
 */
export function timePrefix(time: TimeFormat, now: () => number): LineFormat {
  return (bytes, pid, fresh) => {
    // As text of one byte a character: nothing is decoded, and replacing is the fastest that there is.
    const prefix = asBytes(`${time(now())} [${pid}] | `);
    const ended = bytes[bytes.length - 1] === NEWLINE;
    const end = ended ? bytes.length - 1 : bytes.length;
    let length = fresh ? put(prefix, 0) : 0;
    for (let at = 0; at < end; at += SLICE_BYTES) {
      const text = bytes.toString('latin1', at, Math.min(at + SLICE_BYTES, end));
      length = put(text.replaceAll('\n', `\n${prefix}`), length);
    }
    if (ended) length = put('\n', length);
    return scratch.subarray(0, length);
  };
}

/** The same in colour, each line that is not empty by itself. @source Circus's FancyStdoutStream */
export function fancyPrefix(time: TimeFormat, color: number, now: () => number): LineFormat {
  return (bytes, pid) => {
    const prefix = asBytes(`\u001b[0;3${color};40m${time(now())} [${pid}] | `);
    const lines = bytes.toString('latin1').split('\n');
    const text = lines
      .filter((line) => line !== '')
      .map((line) => `${prefix}${line}\u001b[0m\n`)
      .join('');
    const length = put(text, 0);
    return scratch.subarray(0, length);
  };
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
