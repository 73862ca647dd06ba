import { readFileSync } from 'node:fs';
import { messageOf, RingmasterError } from '../../errors.js';
import type { DurableOs } from '../durable.js';
import { Adopted, type AdoptedParts } from './adopted.js';
import { become } from './become.js';
import type { Libc } from './libc.js';
import { Pidfds } from './pidfd.js';
import { findMarked, procStat } from './proc-identity.js';
import { takeStateDirectory } from './state-directory.js';

export interface DurableParts extends Omit<AdoptedParts, 'pidfds'> {
  /** What a process writes is left to whoever comes after. */
  stopReading(pid: number): void;
}

/**
 * The native form's part for processes that outlive the daemon.
 *
 * @param before what an earlier call has made
 * @throws RM_NOT_DURABLE where the kernel has no descriptors of processes
 */
export function openDurable(parts: DurableParts, before?: Adopted): { readonly os: DurableOs; readonly adopted: Adopted } {
  const adopted = before ?? new Adopted({ ...parts, pidfds: pidfds(parts.libc) });
  const os: DurableOs = {
    boot_id: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    take: takeStateDirectory,
    identify(pid) {
      const stat = procStat(pid);
      return stat && { pid, start_ticks: stat.start_ticks };
    },
    find: findMarked,
    adopt: (process, listener) => adopted.adopt(process, listener),
    leave(pid) {
      adopted.forget(pid);
      parts.reaper.leave(pid);
      parts.stopReading(pid);
    },
    become: (image) => become(parts.libc, image),
  };
  return { os, adopted };
}

function pidfds(libc: Libc): Pidfds {
  try {
    return new Pidfds(libc);
  } catch (cause) {
    throw new RingmasterError('RM_NOT_DURABLE', [`Linux 5.3 or newer is needed: ${messageOf(cause)}`], { cause });
  }
}
