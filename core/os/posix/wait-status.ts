import type { Exit } from '../../hooks.js';
import { signalName } from '../../signals.js';

/** @source wait(2): the macros WIFSIGNALED, WTERMSIG, WEXITSTATUS */
export function exitOf(status: number): Exit {
  const signum = status & 0x7f;
  return signum === 0 ? { exit_code: (status >> 8) & 0xff, signal: null } : { exit_code: -signum, signal: signalName(signum) };
}
