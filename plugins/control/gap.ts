import { closeSync, lstatSync, openSync, rmSync, type Stats } from 'node:fs';
import { type Logger, messageOf } from '../../core/index.js';

/** A version that takes longer than this to take over is not waited for, ms. */
const LONGEST_MS = 60_000;

/** Beside the socket: there while nobody listens because another version is about to. */
function markOf(endpoint: string): string | null {
  const path = /^ipc:\/\/([^@*].*)$/.exec(endpoint)?.[1];
  return path === undefined ? null : `${path}.upgrade`;
}

/** Whether clients of an endpoint can be told that a daemon is about to be there again. */
export function knowsGaps(endpoint: string): boolean {
  return markOf(endpoint) !== null;
}

/** Tells clients that the daemon at an ipc endpoint is about to be there again; where that can't be, they are refused meanwhile. */
export function markGap(endpoint: string, log: Logger): void {
  attempt(endpoint, log, (mark) => {
    rmSync(mark, { force: true });
    // Not through a link that somebody puts there.
    closeSync(openSync(mark, 'wx', 0o600));
  });
}

/** It is there. */
export function endGap(endpoint: string, log: Logger): void {
  attempt(endpoint, log, (mark) => rmSync(mark, { force: true }));
}

/** Whether a daemon that is not there is about to be. */
export function isInGap(endpoint: string): boolean {
  const mark = markOf(endpoint);
  if (mark === null) return false;
  let found: Stats | undefined;
  try {
    found = lstatSync(mark, { throwIfNoEntry: false });
  } catch {
    // Who can't look there can't connect there, and is told so.
    return false;
  }
  return found?.isFile() === true && Math.abs(Date.now() - found.mtimeMs) < LONGEST_MS;
}

function attempt(endpoint: string, log: Logger, change: (mark: string) => void): void {
  const mark = markOf(endpoint);
  if (mark === null) return;
  try {
    change(mark);
  } catch (error) {
    log.warn(`clients can not tell whether this daemon is being upgraded: ${messageOf(error)}`, { file: mark });
  }
}
