import type { RemoveOptions, WatcherApi } from './api.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import { RingmasterError } from './errors.js';
import type { Watcher } from './watcher.js';

/** What the table needs to make watchers and to tell of them. */
export interface WatcherTableHost {
  make(name: string, spec: WatcherOptions): Watcher;
  added(watcher: Watcher): void;
  removed(watcher: Watcher): void;
  /** One that was removed is gone. */
  left(watcher: Watcher): void;
}

/** The watchers of a supervisor by name, case ignored, and those that are on their way out. */
export class WatcherTable {
  readonly #host: WatcherTableHost;
  readonly #watchers = new Map<string, Watcher>();
  readonly #leaving = new Map<Watcher, Promise<unknown>>();

  constructor(host: WatcherTableHost) {
    this.#host = host;
  }

  /** All that can be found, in the order of adding. */
  get all(): readonly Watcher[] {
    return [...this.#watchers.values()];
  }

  /** Those on their way out as well. */
  get everybody(): readonly Watcher[] {
    return [...this.#watchers.values(), ...this.#leaving.keys()];
  }

  find(name: string): Watcher | undefined {
    return this.#watchers.get(name.toLowerCase());
  }

  /** Those that are meant by views of them; all where none are given. */
  of(views?: readonly WatcherApi[]): readonly Watcher[] {
    return views === undefined ? this.all : views.map((view) => this.find(view.name)).filter((watcher) => watcher !== undefined);
  }

  /** Makes a watcher of the config of the start. */
  create(name: string, spec: WatcherOptions): Watcher {
    const watcher = this.#host.make(name, spec);
    this.#watchers.set(name.toLowerCase(), watcher);
    return watcher;
  }

  /** Adds a watcher at run time; it does not start before a namesake that was removed is gone. @throws RM_WATCHER_EXISTS */
  add(name: string, spec: WatcherOptions): Watcher {
    if (this.find(name)) throw new RingmasterError('RM_WATCHER_EXISTS', [name]);
    const watcher = this.create(name, spec);
    for (const [other, gone] of this.#leaving) if (other.name.toLowerCase() === name.toLowerCase()) watcher.after(gone);
    this.#host.added(watcher);
    return watcher;
  }

  /** Forgets a watcher at once, and resolves when its processes are gone. @throws RM_WATCHER_UNKNOWN */
  async remove(name: string, { nostop = false }: RemoveOptions): Promise<void> {
    const watcher = this.find(name);
    if (!watcher) throw new RingmasterError('RM_WATCHER_UNKNOWN', [name]);
    this.#watchers.delete(name.toLowerCase());
    this.#host.removed(watcher);
    if (!nostop || watcher.release()) {
      const gone = watcher.stop();
      watcher.close('it was removed');
      this.#leaving.set(watcher, gone);
      await gone;
      this.#leaving.delete(watcher);
    }
    watcher.dispose('it was removed');
    this.#host.left(watcher);
  }

  /** From now on they can only be stopped. */
  close(why: string): void {
    for (const watcher of this.everybody) watcher.close(why);
  }

  /** Gives up what is left after a stop, being deaf to SIGKILL; while it is on record, so that a crash meanwhile does not leave it to chance. */
  release(): void {
    for (const watcher of this.everybody) watcher.release();
  }

  dispose(why: string): void {
    for (const watcher of this.everybody) watcher.dispose(why);
    this.#watchers.clear();
  }
}
