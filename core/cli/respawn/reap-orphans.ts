import { loadLibc } from '../../os/posix/libc.js';
import { Orphans } from '../../os/posix/orphans.js';

/**
 * Reaps, as PID 1 has to, what is handed over by the kernel.
 *
 * @param own the pid that is waited for elsewhere
 */
export async function reapOrphans(own: () => number | undefined): Promise<void> {
  const orphans = new Orphans(await loadLibc(), (pid) => pid === own());
  process.on('SIGCHLD', () => orphans.look());
  orphans.look();
}
