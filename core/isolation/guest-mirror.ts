import type { ProcessView, SupervisorApi, SupervisorState, WatcherApi } from '../api.js';
import type { DaemonOptions } from '../config/schema/daemon.js';
import type { WatcherOptions } from '../config/schema/watcher.js';
import { freezeData } from '../freeze.js';
import type { SocketView } from '../sockets.js';
import type { GuestMessage } from './messages.js';

type Options = Readonly<Record<string, unknown>>;
type KnownProcess = Omit<ProcessView, 'age'>;

/** One watcher, as far as the guest was told. */
interface Known {
  readonly view: WatcherApi;
  status: WatcherApi['status'];
  numprocesses: number;
  reloadsInTurn: boolean;
  spec: Readonly<WatcherOptions>;
  config: Options | null;
  readonly processes: Map<number, KnownProcess>;
}

/** Asks the daemon for something. Rejects with what the request throws there. */
export type Ask = (watcher: string | undefined, method: string, args: readonly unknown[]) => Promise<unknown>;

/** The supervisor and its watchers as a guest sees them: what it was told answers at once, requests go over the wire. */
export class GuestMirror {
  readonly api: SupervisorApi;
  readonly #ask: Ask;
  readonly #dropped: (what: string, promise: Promise<unknown>) => void;
  readonly #watchers = new Map<string, Known>();
  #state: SupervisorState = 'starting';
  #options = {} as Readonly<DaemonOptions>;
  #sockets: readonly SocketView[] = [];

  /** @param dropped is given the promise of a request whose failure has nobody else to be told */
  constructor(ask: Ask, dropped: (what: string, promise: Promise<unknown>) => void) {
    this.#ask = ask;
    this.#dropped = dropped;
    this.api = this.#supervisor();
  }

  supervisor({ state, options, sockets }: GuestMessage<'supervisor'>): void {
    this.#state = state as SupervisorState;
    this.#options = freezeData(options) as unknown as Readonly<DaemonOptions>;
    this.#sockets = freezeData(sockets) as readonly SocketView[];
  }

  watcher({ name, status, numprocesses, reloads_in_turn, spec, config, processes, gone }: GuestMessage<'watcher'>): void {
    const known = this.#known(name);
    known.status = status as WatcherApi['status'];
    known.numprocesses = numprocesses;
    known.reloadsInTurn = reloads_in_turn;
    if (spec !== undefined) known.spec = freezeData(spec) as unknown as Readonly<WatcherOptions>;
    if (config !== undefined) known.config = freezeData(config);
    for (const pid of gone) known.processes.delete(pid);
    for (const process of processes) known.processes.set(Number(process.pid), process as unknown as KnownProcess);
  }

  /** It is found no more; whoever holds it sees it stopped. */
  removed(name: string): void {
    const known = this.#watchers.get(name);
    if (known === undefined) return;
    known.status = 'stopped';
    known.processes.clear();
    this.#watchers.delete(name);
  }

  /** The watcher of exactly that name, known or not. */
  view(name: string): WatcherApi {
    return this.#known(name, false).view;
  }

  /** The plugin's options for a watcher; undefined where it is not known. */
  configFor(name: string): Options | null | undefined {
    return this.#watchers.get(name)?.config;
  }

  #known(name: string, keep = true): Known {
    const there = this.#watchers.get(name);
    if (there) return there;
    const spec = {} as WatcherOptions;
    const known: Known = {
      view: this.#view(name, () => known),
      status: 'stopped',
      numprocesses: 0,
      reloadsInTurn: false,
      spec,
      config: null,
      processes: new Map(),
    };
    if (keep) this.#watchers.set(name, known);
    return known;
  }

  #view(name: string, known: () => Known): WatcherApi {
    const ask = <T>(method: string, ...args: readonly unknown[]): Promise<T> => this.#ask(name, method, args) as Promise<T>;
    return Object.freeze<WatcherApi>({
      name,
      get status() {
        return known().status;
      },
      get numprocesses() {
        return known().numprocesses;
      },
      get reloadsInTurn() {
        return known().reloadsInTurn;
      },
      get spec() {
        return known().spec;
      },
      processes: () => {
        const now = Date.now() / 1000;
        const all = [...known().processes.values()].sort((a, b) => a.wid - b.wid);
        return all.map((process) => ({ ...process, age: Math.max(0, now - process.started) }));
      },
      start: () => ask('start'),
      stop: () => ask('stop'),
      restart: () => ask('restart'),
      reload: (options) => ask('reload', options),
      setNumprocesses: (count) => ask('setNumprocesses', count),
      incr: (by) => ask('incr', by),
      decr: (by) => ask('decr', by),
      kill: (options) => ask('kill', options),
      signal: (signum, options) => this.#dropped(`signal ${signum} to ${name}`, ask('signal', signum, options)),
      set: (options) => ask('set', options),
      decisions: () => onlyInDaemon('decisions'),
    });
  }

  #supervisor(): SupervisorApi {
    const mirror = this;
    const ask = <T>(method: string, ...args: readonly unknown[]): Promise<T> => this.#ask(undefined, method, args) as Promise<T>;
    const names = (which: readonly WatcherApi[] | undefined): readonly string[] | undefined => which?.map(({ name }) => name);
    return Object.freeze<SupervisorApi>({
      get state() {
        return mirror.#state;
      },
      get options() {
        return mirror.#options;
      },
      watchers: () => [...this.#watchers.values()].sort((a, b) => b.spec.priority - a.spec.priority).map(({ view }) => view),
      sockets: () => this.#sockets,
      find: (name) => [...this.#watchers.values()].find(({ view }) => view.name.toLowerCase() === name.toLowerCase())?.view,
      startWatchers: (which) => ask('startWatchers', names(which)),
      stopWatchers: (which) => ask('stopWatchers', names(which)),
      restartWatchers: (which) => ask('restartWatchers', names(which)),
      reloadWatchers: (options) => ask('reloadWatchers', options),
      add: (name, options) => {
        this.#dropped(`adding ${name}`, ask('add', name, options));
        return this.#known(name).view;
      },
      remove: (name, options) => ask('remove', name, options),
      readConfig: (source) => ask('readConfig', source),
      reloadConfig: (options) => ask('reloadConfig', options),
      plan: (config, options) => ask('plan', config, options),
      apply: async (config, options) => ask('apply', await config, options),
      troubles: () => onlyInDaemon('troubles'),
      drift: () => onlyInDaemon('drift'),
      plugins: () => onlyInDaemon('plugins'),
      describePlugin: () => onlyInDaemon('describePlugin'),
      inspect: () => onlyInDaemon('inspect'),
      countHits: () => onlyInDaemon('countHits'),
      addPlugin: (name, options) => ask('addPlugin', name, options),
      removePlugin: (name) => ask('removePlugin', name),
      reconfigurePlugin: (name, options) => ask('reconfigurePlugin', name, options),
      extendStats: (watcher, process, stats) => ask('extendStats', watcher.name, process, stats),
      upgrade: (request) => ask('upgrade', request),
      stop: () => ask('stop'),
    });
  }
}

function onlyInDaemon(method: string): never {
  throw new Error(`${method}() has to be answered at once, which only the daemon can: ask in the daemon`);
}
