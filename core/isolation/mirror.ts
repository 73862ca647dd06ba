import type { SupervisorApi, WatcherApi } from '../api.js';
import { daemonProperties } from '../config/schema/daemon.js';
import type { GuestMessage, ToGuest } from './messages.js';

type Options = Record<string, unknown>;

/** What a guest knows of one watcher. */
interface Known {
  readonly spec: object;
  readonly config: Options | null;
  status: string;
  numprocesses: number;
  reloadsInTurn: boolean;
  /** By pid: what of a process can change. */
  readonly processes: Map<number, string>;
}

/** Tells one guest of the supervisor and its watchers: all of it once, and what has changed since. */
export class Mirror {
  readonly #supervisor: SupervisorApi;
  readonly #configFor: (watcher: WatcherApi) => Options | null;
  readonly #known = new Map<string, Known>();
  readonly #changed = new Set<string>();
  #state: string | undefined;
  #options: object | undefined;

  /** @param configFor the plugin's options for one watcher */
  constructor(supervisor: SupervisorApi, configFor: (watcher: WatcherApi) => Options | null) {
    this.#supervisor = supervisor;
    this.#configFor = configFor;
    this.touchAll();
  }

  /** What is known of this watcher may be out of date. */
  touch(watcher: string): void {
    this.#changed.add(watcher);
  }

  /** There may be watchers of which nobody has told. */
  touchAll(): void {
    for (const { name } of this.#supervisor.watchers()) this.#changed.add(name);
  }

  /** What the guest does not know yet; it does when all was taken. */
  *news(): Generator<ToGuest> {
    const { state, options } = this.#supervisor;
    if (state !== this.#state || options !== this.#options) {
      this.#state = state;
      this.#options = options;
      const own = Object.entries(options).filter(([key]) => Object.hasOwn(daemonProperties, key));
      yield { type: 'supervisor', state, options: Object.fromEntries(own), sockets: [...this.#supervisor.sockets()] };
    }
    for (const name of this.#changed) {
      this.#changed.delete(name);
      const watcher = this.#supervisor.find(name);
      const message = watcher === undefined ? this.#gone(name) : this.#difference(watcher);
      if (message !== null) yield message;
    }
  }

  #gone(name: string): ToGuest | null {
    return this.#known.delete(name) ? { type: 'watcher_removed', name } : null;
  }

  #difference(watcher: WatcherApi): GuestMessage<'watcher'> | null {
    const { name, status, numprocesses, reloadsInTurn, spec } = watcher;
    const before = this.#known.get(name);
    const config = this.#configFor(watcher);
    const processes = new Map<number, string>();
    const changed: Options[] = [];
    for (const process of watcher.processes()) {
      const { age: _, ...lasting } = process;
      const state = `${process.generation} ${process.stopping}`;
      processes.set(process.pid, state);
      if (before?.processes.get(process.pid) !== state) changed.push(lasting);
    }
    const gone = before ? [...before.processes.keys()].filter((pid) => !processes.has(pid)) : [];
    this.#known.set(name, { spec, config, status, numprocesses, reloadsInTurn, processes });
    const isSame = before?.spec === spec && before.config === config;
    const isLike = before?.status === status && before.numprocesses === numprocesses && before.reloadsInTurn === reloadsInTurn;
    if (isSame && isLike && changed.length + gone.length === 0) return null;
    const now = { name, status, numprocesses, reloads_in_turn: reloadsInTurn };
    return { type: 'watcher', ...now, ...(isSame ? {} : { spec: { ...spec }, config }), processes: changed, gone };
  }
}
