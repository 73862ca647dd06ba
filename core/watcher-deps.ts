import type { Clock } from './clock.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { EventBodies, EventName } from './events.js';
import type { HookRegistry } from './hook-registry.js';
import type { SpawnOptions } from './hooks.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import type { SocketTable } from './sockets.js';
import type { SpawnQueue } from './spawn-queue.js';
import type { StreamTypes } from './stream-types.js';

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
  /** Types of destinations for output that plugins declare. */
  streams(): StreamTypes;
  /** From 0 to 1. */
  random(): number;
  /** What to execute for one worker id. @throws where the options make no command */
  command(spec: WatcherOptions, wid: number): SpawnOptions;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
}
