import type { Clock } from './clock.js';
import type { Plugins } from './config/check-plugins.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Keeper } from './durable/keeper.js';
import type { EventBodies, EventName } from './events.js';
import type { HookRegistry } from './hook-registry.js';
import type { SpawnOptions } from './hooks.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import type { SocketTable } from './sockets.js';
import type { SpawnQueue } from './spawn-queue.js';

/** What a watcher needs from its supervisor. */
export interface WatcherDeps {
  readonly os: Os;
  readonly clock: Clock;
  readonly hooks: HookRegistry;
  readonly log: Logger;
  readonly spawns: SpawnQueue;
  readonly sockets: SocketTable;
  /** A watcher waits for a connection. */
  demand(): void;
  /** From 0 to 1. */
  random(): number;
  /** What to execute for one worker id. @throws where the options make no command */
  command(spec: WatcherOptions, wid: number): SpawnOptions;
  /** The plugins that are there, under their names and what the config calls them, for a watcher's own options. */
  plugins(): Plugins;
  /** Writes down what a later supervisor has to know of a watcher; null where nothing is kept. */
  keeper(watcher: string): Keeper | null;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
}
