/** What one notification says; null or false where it says nothing of that. */
export interface Notification {
  readonly ready: boolean;
  readonly alive: boolean;
  /** The process itself asks to be replaced. */
  readonly trigger: boolean;
  readonly stopping: boolean;
  readonly status: string | null;
  /** How long it may be silent from now on, milliseconds. */
  readonly patience_ms: number | null;
}

/** Reads a notification: lines of NAME=VALUE, of which the last of a name counts. @source sd_notify(3) */
export function parseNotification(text: string): Notification {
  const values = new Map(text.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]));
  const usec = Number(values.get('WATCHDOG_USEC'));
  return {
    ready: values.get('READY') === '1',
    alive: values.get('WATCHDOG') === '1',
    trigger: values.get('WATCHDOG') === 'trigger',
    stopping: values.get('STOPPING') === '1',
    status: values.get('STATUS') ?? null,
    patience_ms: usec > 0 && Number.isFinite(usec) ? usec / 1000 : null,
  };
}
