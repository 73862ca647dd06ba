import type { WatcherApi } from './api.js';
import type { Clock } from './clock.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Decisions } from './decisions.js';
import type { Keeper } from './durable/keeper.js';
import type { KeptOutputs } from './durable/kept-outputs.js';
import type { EventBodies, EventName } from './events.js';
import type { Refusal } from './hook-compile.js';
import type { HookRegistry } from './hook-registry.js';
import type { SpawnOptions } from './hooks.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import type { SocketTable } from './sockets.js';
import type { SpawnQueue } from './spawn-queue.js';

/** What the slots of a watcher need from it and from the supervisor. */
export interface SlotsHost {
  readonly os: Os;
  readonly clock: Clock;
  readonly hooks: HookRegistry;
  readonly log: Logger;
  readonly spawns: SpawnQueue;
  readonly watcher: WatcherApi;
  readonly decisions: Decisions;
  /** From 0 to 1, for max_age_variance. */
  random(): number;
  spec(): WatcherOptions;
  /** The generation of options that a process spawned now has. */
  generation(): number;
  /** Managed sockets. */
  readonly sockets: SocketTable;
  /** Pipes that outlive the daemon, where the processes are to; null where they are not. */
  keptOutputs(): Promise<KeptOutputs> | null;
  /**
   * What to execute for a worker id, from the options as they are now.
   *
   * @param sources whether variables from files are read (default true)
   * @throws where the options make no command, or a file can't be read
   */
  command(wid: number, sources?: boolean): SpawnOptions;
  /** Writes down what a later supervisor has to know; null where nothing is kept. */
  keeper(): Keeper | null;
  emit<N extends EventName>(name: N, body: EventBodies[N]): void;
  /** Runs a change to its end before anybody plans on it. */
  after<T>(change: () => T): T;
  /** Something changed: plan again, when the events that are already there are in. */
  changed(): void;
  /** A gate refused to go on. Returns whether the watcher stops for it. */
  refused(refusal: Refusal): boolean;
  /** A process of this generation can't be spawned or kept running. Returns whether the watcher stops for it. */
  gaveUp(reason: string, generation: number): boolean;
  /** The watcher is to stop and start again later. Returns whether it stops for it. */
  paused(reason: string, delay_ms: number): boolean;
}
