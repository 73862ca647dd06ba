import type { SocketOptions } from '../config/schema/socket.js';
import type { WatcherOptions } from '../config/schema/watcher.js';
import type { Decision } from '../decisions.js';
import type { ListenSpec, SocketIdentity } from '../os/port.js';
import type { KeptIndexes } from '../spawn-outputs.js';

/** Keys of the journal, each with what it holds; NAME and TOKEN stand for themselves. */
export const KEYS = {
  process: 'process/',
  wish: 'wish/',
  watcher: 'watcher/',
  socket: 'socket/',
  config: 'config',
  upgrade: 'upgrade',
  left: 'left',
} as const;

/** Keys of the history, which is a journal of its own; TOKEN, WID, NAME and KEY stand for themselves. */
export const HISTORY_KEYS = {
  /** Ids of the journal, and of those before it that processes on record have their tokens of, should it be damaged or gone. */
  ids: 'ids',
  /** `released/TOKEN`: of a spawn whose processes are nobody's any more and may live on. */
  released: 'released/',
  /** `decisions/WID/NAME`, without a worker id those about the whole watcher: what was decided about the watcher, oldest first. */
  decisions: 'decisions/',
  /** `plugin/NAME/KEY`, the name as in a URL: what a plugin has asked to be kept. */
  plugin: 'plugin/',
} as const;

/** `process/TOKEN`: a spawn, from before the operating system is asked until its process group is empty. */
export interface SpawnRecord {
  readonly watcher: string;
  readonly wid: number;
  /** The generation of options that it has. */
  readonly generation: number;
  /** Of the kept pipes that it writes to. */
  readonly pipes?: KeptIndexes;
  /** Missing until the process is there. */
  readonly pid?: number;
  readonly start_ticks?: number;
  /** Seconds since the epoch. */
  readonly started?: number;
  /** It was asked to end, and is replaced or not. */
  readonly ending?: 'replaced' | 'retired';
  /** It has ended, which was told; others of its group have not. */
  readonly ended?: true;
  /** No process of its group lives, but its pipes are not read to the end. */
  readonly gone?: true;
  /** It is gone so far as that what lives of it is nobody's. */
  readonly released?: true;
}

/** `wish/NAME`: what is asked of a watcher, and how far it is, as far as its spawns do not tell. */
export interface WishRecord {
  readonly run: boolean;
  /** Why it does not run, where it stopped for a reason of its own. */
  readonly instead?: string;
  /** What runs must be gone before anything new starts. */
  readonly down: boolean;
  /** Whether its start had come to an end. */
  readonly active: boolean;
  readonly generation: number;
  readonly sequential: boolean;
  /** With `respawn` off: processes that have ended since the start. */
  readonly spent: number;
}

/** `watcher/NAME`: options of a watcher where they are not those of the config, for one that is there or was removed. */
export interface WatcherRecord {
  readonly spec: WatcherOptions;
  readonly origin: 'config' | 'run_time';
  readonly removed?: true;
}

/** `socket/NAME`: a managed socket. */
export interface SocketRecord {
  /** The number that processes have it under. */
  readonly number: number;
  /** As the config asks for it, and where it is bound. */
  readonly asked: ListenSpec;
  readonly host: string;
  readonly port: number;
  /** Null where each process has one of its own. */
  readonly identity: SocketIdentity | null;
}

/** `config`: of the config in effect, what processes were started with. */
export interface ConfigRecord {
  readonly watchers: Readonly<Record<string, WatcherOptions>>;
  readonly sockets: Readonly<Record<string, SocketOptions>>;
}

/** Those about one watcher, or one worker id of it. */
export type DecisionsRecord = readonly Decision[];

/** A watcher that is there, as far as it is on record. */
export interface RecordedWatcher {
  readonly name: string;
  readonly spec: WatcherOptions;
  readonly origin: 'config' | 'run_time';
}
