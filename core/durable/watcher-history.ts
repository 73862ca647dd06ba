import type { Decision } from '../decisions.js';
import type { History } from './history.js';
import { type DecisionsRecord, HISTORY_KEYS } from './records.js';

/** What was decided about each watcher, over a crash and an upgrade. */
export class WatcherHistory {
  readonly #history: History;
  /** Keys of what is kept, by name of the watcher. */
  readonly #keys = new Map<string, Set<string>>();
  /** What an earlier daemon has left, by name of the watcher. */
  readonly #left = new Map<string, Decision[]>();

  constructor(history: History) {
    this.#history = history;
    for (const [key, decisions] of history.under(HISTORY_KEYS.decisions)) {
      const name = key.slice(key.indexOf('/') + 1);
      this.#keysOf(name).add(`${HISTORY_KEYS.decisions}${key}`);
      const left = this.#left.get(name) ?? [];
      // Another version may have written it.
      if (Array.isArray(decisions)) left.push(...(decisions as DecisionsRecord));
      this.#left.set(name, left);
    }
  }

  /** What was decided before, oldest first; only once. */
  take(name: string): DecisionsRecord {
    const left = this.#left.get(name) ?? [];
    this.#left.delete(name);
    return left.sort((a, b) => a.at - b.at);
  }

  /** These are the ones now about a worker id, or the whole watcher. */
  put(name: string, wid: number | null, decisions: DecisionsRecord): void {
    const key = `${HISTORY_KEYS.decisions}${wid ?? ''}/${name}`;
    if (decisions.length > 0) this.#keysOf(name).add(key);
    else this.#keys.get(name)?.delete(key);
    this.#history.putSoon(key, decisions.length > 0 ? decisions : null);
  }

  forget(name: string): void {
    for (const key of this.#keys.get(name) ?? []) this.#history.putSoon(key, null);
    this.#keys.delete(name);
    this.#left.delete(name);
  }

  keepOnly(isKept: (name: string) => boolean): void {
    for (const name of this.#keys.keys()) if (!isKept(name)) this.forget(name);
  }

  #keysOf(name: string): Set<string> {
    const keys = this.#keys.get(name) ?? new Set();
    this.#keys.set(name, keys);
    return keys;
  }
}
