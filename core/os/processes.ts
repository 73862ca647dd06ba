import { errnoOf } from './os-error.js';
import type { Os, SignalResult } from './port.js';
import { ProcessTable } from './process-table.js';
import { groupId, userId } from './users.js';

/** The part of the port that every form does alike: signals, groups, the process table, users. */
export function processes(): Pick<Os, 'signal' | 'signalGroup' | 'groupAlive' | 'children' | 'userId' | 'groupId'> {
  const table = new ProcessTable();
  return {
    signal: (pid, signum) => send(pid, signum),
    signalGroup: (pgid, signum) => send(-pgid, signum),
    groupAlive(pgid) {
      if (send(pgid, 0) !== 'gone' && !table.isZombie(pgid)) return false;
      return send(-pgid, 0) !== 'gone' && table.groupAlive(pgid);
    },
    children: (pid, recursive) => table.children(pid, recursive),
    userId,
    groupId,
  };
}

function send(pid: number, signum: number): SignalResult {
  try {
    process.kill(pid, signum);
    return 'sent';
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}
