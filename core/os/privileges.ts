import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Rlimit } from '../config/schema/rlimits.js';
import { SpawnError } from './os-error.js';
import type { SpawnRequest } from './port.js';

/** @source linux/capability.h */
const CAP = { SETGID: 6n, SETUID: 7n, SYS_NICE: 23n, SYS_RESOURCE: 24n } as const;

const NR_OPEN = '/proc/sys/fs/nr_open';

/** What limits are called in /proc/PID/limits. @source fs/proc/base.c of Linux */
const LIMITS: Readonly<Record<Rlimit, string>> = {
  as: 'Max address space',
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
};

/**
 * Refuses at once what the kernel would refuse to the new process, where nobody could tell it from a failure of its own.
 *
 * @throws SpawnError EPERM that names the option
 */
export function checkPrivileges(request: SpawnRequest): void {
  const { uid, gid, rlimits, nice } = request;
  if (!isOwnIdentity(request)) {
    if (uid !== undefined && !can(CAP.SETUID))
      throw denied(`uid ${uid}`, `run processes as another user than its own (${process.geteuid?.()})`);
    if (!can(CAP.SETGID)) throw denied(`gid ${gid}`, `run processes in another group than its own (${process.getegid?.()})`);
  }
  if (nice !== undefined && nice < 0 && !can(CAP.SYS_NICE) && !mayRaise(nice))
    throw denied(`nice ${nice}`, 'raise the priority of processes');
  for (const [name, limit] of Object.entries(rlimits)) checkLimit(name as Rlimit, limit);
}

/** Whether a process would run as the daemon does, anyway and without asking for it; root can always take on root's groups. */
export function isOwnIdentity({ uid, gid }: SpawnRequest): boolean {
  const own = (uid ?? process.geteuid?.()) === process.geteuid?.() && (gid ?? process.getegid?.()) === process.getegid?.();
  return own && (process.geteuid?.() !== 0 || (uid === undefined && gid === undefined));
}

/** The daemon's own hard limit, null where there is none or where it can't be known. @source proc(5) */
export function hardLimit(name: Rlimit): number | null {
  if (!existsSync('/proc/self/limits')) return null;
  const found = new RegExp(`^${LIMITS[name]}\\s+\\S+\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return found === undefined ? null : Number(found);
}

/** Whether the limit of niceness, which counts from 20 down, leaves room for it. @source getrlimit(2), RLIMIT_NICE */
function mayRaise(nice: number): boolean {
  const most = hardLimit('nice');
  return most !== null && 20 - most <= getPriority() + nice;
}

function checkLimit(name: Rlimit, limit: number | null): void {
  if (name === 'nofile' && limit !== null && limit > mostFiles()) {
    throw new SpawnError('EPERM', `rlimit_nofile ${limit}: the kernel allows nobody more than ${mostFiles()}, its fs.nr_open (EPERM)`);
  }
  const hard = hardLimit(name);
  const asked = limit ?? Number.POSITIVE_INFINITY;
  if (hard === null || asked <= hard || can(CAP.SYS_RESOURCE) || (name === 'nofile' && limit === null)) return;
  throw denied(`rlimit_${name} ${limit ?? 'infinity'}`, `raise this limit above its own hard limit (${hard})`);
}

/** @source proc(5), fs.nr_open */
function mostFiles(): number {
  return existsSync(NR_OPEN) ? Number(readFileSync(NR_OPEN, 'utf8')) : Number.POSITIVE_INFINITY;
}

function denied(option: string, what: string): SpawnError {
  return new SpawnError('EPERM', `${option}: the daemon may not ${what} (EPERM)`);
}

/** Whether the daemon has a capability; where there are none, whether it is root. @source proc(5), capabilities(7) */
function can(capability: bigint): boolean {
  if (!existsSync('/proc/self/status')) return process.geteuid?.() === 0;
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}
