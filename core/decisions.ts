import type { Clock } from './clock.js';

/** Why something was done, or was not: one decision. */
export interface Decision {
  /** Seconds since the epoch. */
  readonly at: number;
  /**
   * What was decided. By a request: start, stop, restart, reload, scale. About a process that ended: respawn, pause, give_up; that did not: kill, stuck. About
   * a watcher: halt, resume, adopt. About a signal: withhold.
   */
  readonly what:
    | 'start'
    | 'stop'
    | 'restart'
    | 'reload'
    | 'scale'
    | 'respawn'
    | 'kill'
    | 'stuck'
    | 'pause'
    | 'give_up'
    | 'halt'
    | 'resume'
    | 'withhold'
    | 'adopt';
  /** `request`, `core`, or the name of the plugin. */
  readonly by: string;
  /** The hook in which a plugin decided, or null. */
  readonly hook: string | null;
  /** The worker id that it is about, or null for the whole watcher. */
  readonly wid: number | null;
  readonly reason: string;
  /** How long is waited before it is done, or null. */
  readonly delay_ms: number | null;
}

/** Who has a watcher started or stopped, and why. */
export type Cause = Pick<Decision, 'by' | 'reason'>;
export const START_REQUEST: Cause = { by: 'request', reason: 'asked to start' };
export const STOP_REQUEST: Cause = { by: 'request', reason: 'asked to stop' };
/** For the start of what an earlier supervisor has had running, which nobody asks for again. */
export const GOES_ON: Cause = { by: 'core', reason: 'it goes on as under the supervisor before' };

/** Decisions kept of each watcher, beside the last one about each worker id; and of how many worker ids. */
const KEPT = 20;
const KEPT_WIDS = 100;

/** Who has decisions kept. */
export interface DecisionsHost {
  readonly clock: Pick<Clock, 'wall'>;
  /** These are the ones now about a worker id, or, for null, about the whole watcher. */
  decided(wid: number | null, decisions: readonly Decision[]): void;
}

/** The last decisions about one watcher. */
export class Decisions {
  #whole: readonly Decision[] = [];
  /** By worker id, the oldest decision first: many processes that end say nothing against what came before. */
  #last: Map<number, Decision> | null = null;
  readonly #host: DecisionsHost;

  /** @param before those under an earlier supervisor, oldest first */
  constructor(host: DecisionsHost, before: readonly Decision[] = []) {
    this.#host = host;
    for (const decision of before) this.#keep(decision);
  }

  add(what: Decision['what'], by: string, reason: string, more: Partial<Pick<Decision, 'hook' | 'wid' | 'delay_ms'>> = {}): void {
    const { hook = null, wid = null, delay_ms = null } = more;
    const decision = { at: this.#host.clock.wall() / 1000, what, by, hook, wid, reason, delay_ms };
    const dropped = this.#keep(decision);
    this.#host.decided(wid, wid === null ? this.#whole : [decision]);
    if (dropped !== null) this.#host.decided(dropped, []);
  }

  /** Oldest first. */
  list(): readonly Decision[] {
    return [...this.#whole, ...(this.#last?.values() ?? [])].sort((a, b) => a.at - b.at);
  }

  /** @returns the worker id that nothing is kept of any more, for null there is none */
  #keep(decision: Decision): number | null {
    const { wid } = decision;
    if (wid === null) {
      this.#whole = this.#whole.slice(1 - KEPT).concat(decision);
      return null;
    }
    this.#last ??= new Map();
    this.#last.delete(wid);
    this.#last.set(wid, decision);
    if (this.#last.size <= KEPT_WIDS) return null;
    const [oldest = null] = this.#last.keys();
    if (oldest !== null) this.#last.delete(oldest);
    return oldest;
  }
}
