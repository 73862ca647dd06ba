/** @source sd_notify(3) */
export const STOPPING = 'STOPPING=1';
export const ALIVE = 'WATCHDOG=1';

/** What systemd says in the environment of a service that it started. @source sd_notify(3), sd_watchdog_enabled(3) */
export interface ServiceEnvironment {
  /** Address of the socket for notifications. */
  readonly socket: string;
  /** How long the service may be silent, in milliseconds; null: for ever. */
  readonly watchdog_ms: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What systemd told the process `pid` by its environment; null where it is no service that notifies. */
export function serviceEnvironment({ NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID }: Env, pid: number): ServiceEnvironment | null {
  if (!NOTIFY_SOCKET) return null;
  const usec = Number(WATCHDOG_USEC);
  const meant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
  return { socket: NOTIFY_SOCKET, watchdog_ms: meant && Number.isFinite(usec) && usec > 0 ? usec / 1000 : null };
}

/** Started, or done with a reload. */
export function ready(status: string): string {
  return `READY=1\n${statusOf(status)}`;
}

/** @param monotonic_usec CLOCK_MONOTONIC, by which systemd tells this reload from one before */
export function reloading(monotonic_usec: bigint): string {
  return `RELOADING=1\nMONOTONIC_USEC=${monotonic_usec}`;
}

/** One line for `systemctl status`. */
export function statusOf(text: string): string {
  return `STATUS=${text.replaceAll(/\s+/g, ' ')}`;
}

/** Asks systemd for that much more time to start or to stop. */
export function extendTimeout(more_ms: number): string {
  return `EXTEND_TIMEOUT_USEC=${more_ms * 1000}`;
}

/** Counts in words: `2 of 3 watchers active, 12 processes`, and `; trouble: journal` where there is any. */
export function summary(
  watchers: readonly { readonly status: string; readonly processes: number }[],
  troubles: readonly string[] = [],
): string {
  const active = watchers.filter(({ status }) => status === 'active').length;
  const processes = watchers.reduce((sum, watcher) => sum + watcher.processes, 0);
  const counts = `${active} of ${count(watchers.length, 'watcher')} active, ${count(processes, 'process')}`;
  return troubles.length === 0 ? counts : `${counts}; trouble: ${troubles.join(', ')}`;
}

function count(number: number, what: string): string {
  return `${number} ${number === 1 ? what : what.endsWith('s') ? `${what}es` : `${what}s`}`;
}
