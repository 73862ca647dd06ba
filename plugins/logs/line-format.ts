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

/** The bytes of a text of one byte a character, valid until the next call. */
function toBytes(text: string): Buffer {
  if (text.length > scratch.length) scratch = Buffer.allocUnsafeSlow(text.length * 2);
  return scratch.subarray(0, scratch.write(text, 'latin1'));
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
    const text = bytes.toString('latin1', 0, ended ? bytes.length - 1 : bytes.length).replaceAll('\n', `\n${prefix}`);
    return toBytes(`${fresh ? prefix : ''}${text}${ended ? '\n' : ''}`);
  };
}

/** The same in colour, each line that is not empty by itself. @source Circus's FancyStdoutStream */
export function fancyPrefix(time: TimeFormat, color: number, now: () => number): LineFormat {
  return (bytes, pid) => {
    const prefix = asBytes(`\u001b[0;3${color};40m${time(now())} [${pid}] | `);
    const lines = bytes.toString('latin1').split('\n');
    return toBytes(
      lines
        .filter((line) => line !== '')
        .map((line) => `${prefix}${line}\u001b[0m\n`)
        .join(''),
    );
  };
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
