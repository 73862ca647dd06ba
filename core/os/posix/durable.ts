import { readFileSync, readlinkSync } from 'node:fs';
import { messageOf, RingmasterError } from '../../errors.js';
import type { DurableOs } from '../durable.js';
import { Adopted, type AdoptedParts } from './adopted.js';
import type { Libc } from './libc.js';
import { Pidfds } from './pidfd.js';
import { findMarked, procStat } from './proc-identity.js';
import { takeStateDirectory } from './state-directory.js';

/**
 * The native form's part for processes that outlive the daemon.
 *
 * @param before what an earlier call has made
 * @throws RM_NOT_DURABLE where the kernel has no descriptors of processes
 */
export function openDurable(parts: Omit<AdoptedParts, 'pidfds'>, before?: Adopted): { readonly os: DurableOs; readonly adopted: Adopted } {
  const adopted = before ?? new Adopted({ ...parts, pidfds: pidfds(parts.libc) });
  const os: DurableOs = {
    // A container that is started anew has other processes, though the kernel is the same.
    boot_id: `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`,
    take: takeStateDirectory,
    identify(pid) {
      const stat = procStat(pid);
      return stat && { pid, start_ticks: stat.start_ticks, alive: !stat.zombie };
    },
    find: findMarked,
    adopt: (process, listener) => adopted.adopt(process, listener),
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
