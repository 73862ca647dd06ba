import { errnoOf } from './os-error.js';
import type { Os, SignalResult } from './port.js';
import { ProcessTable } from './process-table.js';
import { groupId, userId } from './users.js';

/** kill(2) with what is made of its errors; a negative pid is a group. @throws Error where neither `gone` nor `denied` is the reason */
export type Send = (pid: number, signum: number) => SignalResult;

/** What a form knows better. */
export interface ProcessCalls {
  /** Default: Node's own kill(2), which makes an Error of each process that is gone. */
  readonly send?: Send;
  /** Signals a group. Default: by `send`. */
  readonly sendGroup?: Send;
  /** Whether the kernel has the number as that of a process, a group or a session. Default: it does not say. */
  readonly inUse?: (number: number) => boolean;
}

/** The part of the port that every form does alike: signals, groups, the process table, users. */
export function processes({
  send = sendByNode,
  sendGroup = (pgid, signum) => send(-pgid, signum),
  inUse,
}: ProcessCalls = {}): Pick<Os, 'signal' | 'signalGroup' | 'groupAlive' | 'children' | 'userId' | 'groupId'> {
  const table = new ProcessTable();
  const isThere = (pid: number): boolean => send(pid, 0) !== 'gone' && !table.isZombie(pid);
  return {
    signal: (pid, signum) => send(pid, signum),
    signalGroup(pgid, signum) {
      // Looked at before, for it may end by the signal. While the leader lives it is asked for its children.
      const isLed = isThere(pgid);
      const result = sendGroup(pgid, signum);
      if (isLed || !inUse?.(pgid)) return result;
      const others = table.jobs(pgid).map((pid) => send(pid, signum));
      return others.includes('sent') ? 'sent' : result;
    },
    groupAlive(pgid) {
      // First what most often is the answer: with most processes that die nobody is left.
      if (inUse === undefined ? send(-pgid, 0) === 'gone' : !inUse(pgid)) return false;
      return !isThere(pgid) && table.hasLiving(pgid);
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
