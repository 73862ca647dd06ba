import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';

/** Tells plugins and events of the end of a slot's process, and forgets its pid. */
export function tellReap({ hooks, watcher, clock, emit }: SlotsHost, slot: Slot): void {
  const { pid, exit, wid } = slot;
  if (pid === null || exit === null) return;
  // The kernel may have given the pid to a stranger by now: nothing that a hook asks for may reach it.
  slot.pid = null;
  hooks.watch('before_reap', { watcher, wid, pid, exit });
  emit('reap', { process_pid: pid, time: clock.wall() / 1000, exit_code: exit.exit_code });
  hooks.watch('after_reap', { watcher, wid, pid, exit });
}

export function tellAdopted({ clock, emit, log }: SlotsHost, { pid, wid, started }: Slot): void {
  log.debug(`adopted process [pid ${pid}]`, { wid });
  emit('adopted', { process_pid: pid ?? 0, time: clock.wall() / 1000, started });
}

export function tellSpawnFailed({ clock, emit, log }: SlotsHost, { wid }: Slot, errno: string, error: string): void {
  log.warn(`cannot spawn: ${error}`, { wid, errno });
  emit('spawn_failed', { time: clock.wall() / 1000, errno, error });
}

/** @param wid null where its process had ended before, and others of its group have not */
export function tellStuck({ clock, decisions, emit, log, changed }: SlotsHost, pgid: number, wid: number | null): void {
  const reason = `process group ${pgid} outlives SIGKILL; it hangs in the kernel`;
  log.error(reason);
  decisions.add('stuck', 'core', reason, { wid });
  emit('stuck', { process_pid: pgid, time: clock.wall() / 1000 });
  changed();
}
