import type { Reading } from './process-reader.js';

/** Clock ticks a second in /proc: a constant of Linux's interface whatever the kernel uses itself. @source proc(5), USER_HZ */
const TICKS_PER_S = 100;

const OPEN = 0x28;
const CLOSE = 0x29;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const STATE_Z = 0x5a;
const STATE_X = 0x58;

/** Which field of /proc/PID/stat is what, as proc(5) counts them. */
const FIELD = { state: 3, ppid: 4, utime: 14, stime: 15, nice: 19, starttime: 22, vsize: 23 } as const;

/**
 * Reads the bytes of /proc/PID/stat, without making a text of them. `create_time_s` is left as seconds since boot.
 *
 * @returns false where this is no such line
 * @source proc(5); the name in parentheses may hold anything, spaces and parentheses too
 */
export function parseStat(bytes: Uint8Array, length: number, into: Reading): boolean {
  let end = length - 1;
  while (end >= 0 && bytes[end] !== CLOSE) end--;
  if (end < 0) return false;
  into.name_hash = hash(bytes, end);
  let field: number = FIELD.state;
  into.zombie = bytes[end + 2] === STATE_Z || bytes[end + 2] === STATE_X;
  let ticks = 0;
  let at = end + 3;
  while (at < length && field < FIELD.vsize) {
    field++;
    let value = 0;
    const negative = bytes[++at] === MINUS;
    if (negative) at++;
    for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && at < length; byte = bytes[++at]) value = value * 10 + byte - ZERO;
    if (field === FIELD.ppid) into.ppid = value;
    else if (field === FIELD.utime || field === FIELD.stime) ticks += value;
    else if (field === FIELD.nice) into.nice = negative ? -value : value;
    else if (field === FIELD.starttime) into.create_time_s = value / TICKS_PER_S;
    else if (field === FIELD.vsize) into.vms_bytes = value;
  }
  into.cpu_s = ticks / TICKS_PER_S;
  return field === FIELD.vsize;
}

/** The second number of /proc/PID/statm: resident pages. */
export function residentPages(bytes: Uint8Array, length: number): number {
  let at = 0;
  while (at < length && bytes[at] !== SPACE) at++;
  let value = 0;
  for (let byte = bytes[++at]; byte !== undefined && byte >= ZERO && at < length; byte = bytes[++at]) value = value * 10 + byte - ZERO;
  return value;
}

function hash(bytes: Uint8Array, end: number): number {
  let value = 0;
  for (let at = end - 1; at >= 0 && bytes[at] !== OPEN; at--) value = (Math.imul(value, 31) + (bytes[at] ?? 0)) | 0;
  return value;
}
