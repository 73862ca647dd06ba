import type { SupervisorEvent } from '../../core/index.js';

/** What is counted of a watcher, from events. */
interface WatcherCounts {
  spawned: number;
  exited: number;
  signalled: number;
  spawn_failed: number;
  gave_up: number;
  hook_failed: number;
}

const NOTHING: WatcherCounts = { spawned: 0, exited: 0, signalled: 0, spawn_failed: 0, gave_up: 0, hook_failed: 0 };

/** Counts what happens to each watcher that there is. */
export class Counts {
  readonly #watchers = new Map<string, WatcherCounts>();

  of(watcher: string): Readonly<WatcherCounts> {
    return this.#watchers.get(watcher) ?? NOTHING;
  }

  add({ watcher, name, body }: SupervisorEvent): void {
    if (name === 'remove') {
      this.#watchers.delete(watcher);
      return;
    }
    const what = COUNTED[name];
    if (what === undefined) return;
    const counts = this.#watchers.get(watcher) ?? { ...NOTHING };
    this.#watchers.set(watcher, counts);
    counts[name === 'reap' && body.exit_code < 0 ? 'signalled' : what]++;
  }
}

const COUNTED: Readonly<Partial<Record<SupervisorEvent['name'], keyof WatcherCounts>>> = {
  spawn: 'spawned',
  reap: 'exited',
  spawn_failed: 'spawn_failed',
  gave_up: 'gave_up',
  hook_failure: 'hook_failed',
};
