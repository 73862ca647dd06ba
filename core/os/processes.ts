import { errnoOf } from './os-error.js';
import type { Os, SignalResult } from './port.js';
import { ProcessTable } from './process-table.js';
import { groupId, userId } from './users.js';

/** kill(2) with what is made of its errors; a negative pid is a group. @throws Error where neither `gone` nor `denied` is the reason */
export type Send = (pid: number, signum: number) => SignalResult;

/**
 * The part of the port that every form does alike: signals, groups, the process table, users.
 *
 * @param send default: Node's own, which makes an Error of each process that is gone
 */
export function processes(send: Send = sendByNode): Pick<Os, 'signal' | 'signalGroup' | 'groupAlive' | 'children' | 'userId' | 'groupId'> {
  const table = new ProcessTable();
  return {
    signal: (pid, signum) => send(pid, signum),
    signalGroup: (pgid, signum) => send(-pgid, signum),
    groupAlive(pgid) {
      // First what most often is the answer: with most processes that die nobody is left.
      if (send(-pgid, 0) === 'gone') return false;
      if (send(pgid, 0) !== 'gone' && !table.isZombie(pgid)) return false;
      return table.groupAlive(pgid);
    },
    children: (pid, recursive) => table.children(pid, recursive),
    userId,
    groupId,
  };
}

function sendByNode(pid: number, signum: number): SignalResult {
  try {
    process.kill(pid, signum);
    return 'sent';
  } catch (error) {
    const result = refused(errnoOf(error));
    if (result === null) throw error;
    return result;
  }
}

/** What an errno of kill(2) means; null where it is none that a supervisor has to expect. */
export function refused(code: string | undefined): SignalResult | null {
  if (code === 'ESRCH') return 'gone';
  return code === 'EPERM' ? 'denied' : null;
}
