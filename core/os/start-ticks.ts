import { readFileSync } from 'node:fs';

/** Counted from the name's closing parenthesis, which is the second field: the state, and the start. @source proc(5) */
const STATE = 0;
const START = 19;

/** When a live process started, in clock ticks since boot; null where there is none. @source proc(5), field 22 of /proc/PID/stat */
export function startTicks(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', START + 1);
    return fields[STATE] === 'Z' || fields[STATE] === 'X' ? null : Number(fields[START]);
  } catch {
    return null;
  }
}
