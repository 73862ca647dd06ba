import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';

/** Tells plugins and events of the end of a slot's process, and forgets its pid. */
export function tellReap(host: SlotsHost, slot: Slot): void {
  const { hooks, watcher, clock } = host;
  const { pid, exit, wid } = slot;
  if (pid === null || exit === null) return;
  // The kernel may have given the pid to a stranger by now: nothing that a hook asks for may reach it.
  slot.pid = null;
  hooks.watch('before_reap', { watcher, wid, pid, exit });
  host.emit('reap', { process_pid: pid, time: clock.wall() / 1000, exit_code: exit.exit_code });
  hooks.watch('after_reap', { watcher, wid, pid, exit });
}

export function tellAdopted(host: SlotsHost, { pid, wid, started }: Slot): void {
  host.log.debug(`adopted process [pid ${pid}]`, { wid });
  host.emit('adopted', { process_pid: pid ?? 0, time: host.clock.wall() / 1000, started });
}

export function tellSpawnFailed(host: SlotsHost, { wid }: Slot, errno: string, error: string): void {
  host.log.warn(`cannot spawn: ${error}`, { wid, errno });
  host.emit('spawn_failed', { time: host.clock.wall() / 1000, errno, error });
}

/** @param wid null where its process had ended before, and others of its group have not */
export function tellStuck(host: SlotsHost, pgid: number, wid: number | null): void {
  const reason = `process group ${pgid} outlives SIGKILL; it hangs in the kernel`;
  host.log.error(reason);
  host.decisions.add('stuck', 'core', reason, { wid });
  host.emit('stuck', { process_pid: pgid, time: host.clock.wall() / 1000 });
  host.changed();
}
