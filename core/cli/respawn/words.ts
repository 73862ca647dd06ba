/** How a supervisor ended. */
export interface Ending {
  readonly pid: number;
  /** Null where it was a signal. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lived_ms: number;
}

/** What the parent tells a supervisor by its environment. */
export interface ParentNote {
  /** The stream to the parent: lines of JSON go there, and its end is the parent's. Null where the parent is gone already. */
  readonly fd: number | null;
  /** The end of the supervisor before, where there was one. */
  readonly after: Ending | null;
}

/** What a supervisor tells its parent, one line each: signals are taken, or not for a moment, this one came, all has started, it ends and why. */
export type Word =
  | { readonly takes_signals: boolean }
  | { readonly signal: NodeJS.Signals }
  | { readonly started: true }
  | { readonly status: number; readonly text: string };

/** `was ended by SIGKILL after 3.2 s`. */
export function endingText({ status, signal, lived_ms }: Ending): string {
  return `${signal === null ? `ended with status ${status}` : `was ended by ${signal}`} after ${(lived_ms / 1000).toFixed(1)} s`;
}
