import type { Clock, SupervisorApi, WatcherApi } from '../../core/index.js';
import { type Monitored, overdue } from './policy.js';
import type { Options } from './schema.js';

interface Entry extends Monitored {
  heard_ms: number;
  patience_ms: number;
  readonly options: Options;
}

export interface MonitorHost {
  readonly clock: Clock;
  readonly supervisor: Pick<SupervisorApi, 'find'>;
  /** A process has been silent for too long and is not looked at any more. */
  silent(watcher: WatcherApi, pid: number, options: Options): void;
}

/** How long a process may be silent, milliseconds. */
export function patienceOf({ loop_rate, max_count }: Pick<Options, 'loop_rate' | 'max_count'>): number {
  return loop_rate * max_count * 1000;
}

/** Who looks so much later than it was to has stood still itself, and heard nobody. */
const STILL_MS = 1000;

/** The processes that are to send heartbeats, and one timer for the first of them that may be silent for too long. */
export class Monitor {
  readonly #host: MonitorHost;
  readonly #entries = new Map<number, Entry>();
  #timer: Disposable | null = null;
  #next_ms = Number.POSITIVE_INFINITY;

  constructor(host: MonitorHost) {
    this.#host = host;
  }

  add(pid: number, watcher: string, options: Options): void {
    const heard_ms = this.#host.clock.now();
    const patience_ms = patienceOf(options);
    this.#entries.set(pid, { pid, watcher, options, heard_ms, patience_ms });
    if (heard_ms + patience_ms < this.#next_ms) this.#arm(heard_ms + patience_ms);
  }

  /** Another time for which it may be silent, from now on. */
  allow(pid: number, patience_ms: number): void {
    const entry = this.#entries.get(pid);
    if (entry === undefined) return;
    entry.heard_ms = this.#host.clock.now();
    entry.patience_ms = patience_ms;
    if (entry.heard_ms + patience_ms < this.#next_ms) this.#arm(entry.heard_ms + patience_ms);
  }

  remove(pid: number): void {
    this.#entries.delete(pid);
  }

  /** @returns false for a process that is not known */
  heard(pid: number): boolean {
    const entry = this.#entries.get(pid);
    if (entry === undefined) return false;
    entry.heard_ms = this.#host.clock.now();
    return true;
  }

  #look(): void {
    const now_ms = this.#host.clock.now();
    if (now_ms - this.#next_ms >= STILL_MS) for (const entry of this.#entries.values()) entry.heard_ms = now_ms;
    const { silent, next_ms } = overdue(this.#entries.values(), now_ms);
    this.#next_ms = Number.POSITIVE_INFINITY;
    if (next_ms !== null) this.#arm(next_ms);
    for (const { pid, watcher, options } of silent) {
      this.#entries.delete(pid);
      const found = this.#host.supervisor.find(watcher);
      if (found !== undefined) this.#host.silent(found, pid, options);
    }
  }

  #arm(at_ms: number): void {
    const { clock } = this.#host;
    this.#timer?.[Symbol.dispose]();
    this.#next_ms = at_ms;
    this.#timer = clock.setTimeout(() => this.#look(), at_ms - clock.now());
  }
}
