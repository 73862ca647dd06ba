import { readFileSync } from 'node:fs';

const WRITABLE_CODE = /^([\da-f]+)-([\da-f]+) rwxp /gm;

/**
 * How much the kernel counts as data of what V8 sets aside for machine code, at once and in each thread: all of it, 512 MiB, where it may
 * be both written and executed, as from Node 24 on; hardly anything before. Another process of the same Node has as much.
 *
 * @param maps of a process of this Node, on Linux
 * @source proc_pid_maps(5); getrlimit(2), RLIMIT_DATA
 */
export function codeRangeBytes(maps = readFileSync('/proc/self/maps', 'latin1')): number {
  let most = 0;
  for (const [, from, to] of maps.matchAll(WRITABLE_CODE)) most = Math.max(most, Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)));
  return most;
}
