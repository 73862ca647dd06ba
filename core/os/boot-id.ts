import { readFileSync, readlinkSync } from 'node:fs';

/** As `DurableOs.boot_id`. @throws where there is no /proc */
export function bootId(): string {
  // A container that is started anew has other processes, though the kernel is the same.
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
}
