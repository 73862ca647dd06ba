import { resolve } from 'node:path';
import { type Clock, type Logger, messageOf, type OutputName, type OutputOptions } from '../../core/index.js';
import type { Destination } from './arrange.js';
import type { Route } from './channel.js';
import { ConsoleOutlet } from './console-outlet.js';
import { CustomOutlet, loadCustom } from './custom-outlet.js';
import { FileOutlet } from './file-outlet.js';
import { fancyPrefix, type LineFormat, timePrefix } from './line-format.js';
import { MemoryOutlet, nullOutlet } from './memory-outlet.js';
import type { Outlet } from './outlet.js';
import type { PluginStreams } from './plugin-streams.js';
import { noRotation, type Rotation, sizeRotation, timedRotation, watchedRotation } from './rotation.js';
import { Target } from './target.js';
import { timeFormat } from './time-format.js';

type FileOptions = Extract<OutputOptions, { readonly filename: string }>;

interface Shared {
  readonly target: Target;
  /** The options that its outlet was made of, as JSON. */
  made: string;
  users: number;
}

/** How long what waits for a slow destination is waited for when the destination is given up, ms. */
const DRAIN_MS = 1000;
/** Numbers of the colours that there are, as terminals know them: red to white. */
const COLORS = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

export interface RoutesDeps {
  readonly clock: Clock;
  /** Its timers go on while everything is closed: what waits is to get out. */
  readonly patient: Clock;
  readonly log: Logger;
  readonly streams: PluginStreams;
  /** What relative modules refer to. */
  readonly directory: string;
  /** Bytes; see the option. */
  readonly slow_buffer: number;
}

/** Makes routes, and has all that lead to one file or to the console share one target. */
export class Routes {
  readonly #deps: RoutesDeps;
  readonly #shared = new Map<string, Shared>();

  constructor(deps: RoutesDeps) {
    this.#deps = deps;
  }

  /**
   * A route for an output of a watcher.
   *
   * @throws RM_OUTPUT_MODULE for a destination of one's own that can't be loaded
   */
  async make(destination: Destination, watcher: string, name: OutputName): Promise<Route> {
    const when_slow = 'when_slow' in destination ? destination.when_slow : 'block';
    const { target, release } = this.#lease(await this.#outlet(destination, watcher, name));
    return { target, format: this.#format(destination), when_slow, key: JSON.stringify(destination), release };
  }

  async #outlet(destination: Destination, watcher: string, name: OutputName): Promise<OutletPlan> {
    const { patient } = this.#deps;
    const fd = destination.type === 'inherit' && name === 'stderr' ? 2 : 1;
    switch (destination.type) {
      case 'inherit':
      case 'stdout':
      case 'fancy_stdout':
        return { key: `fd ${fd}`, made: '', make: () => new ConsoleOutlet(fd, patient) };
      case 'null':
        return { make: () => nullOutlet };
      case 'memory':
        return { make: () => new MemoryOutlet(destination.max_bytes, () => this.#deps.clock.wall()) };
      case 'custom': {
        const sink = await loadCustom(destination.module, { watcher, name, options: destination.options }, this.#deps.directory);
        return { make: () => new CustomOutlet(sink) };
      }
      case 'extension': {
        const sink = await this.#deps.streams.open(destination.name, destination.options, { watcher, name });
        return { make: () => new CustomOutlet(sink) };
      }
      default: {
        const { time_format: _, when_slow: __, ...options } = destination;
        const filename = resolve(destination.filename);
        const make = (): Outlet => new FileOutlet(filename, this.#rotation(destination, filename), { ...this.#deps, clock: patient });
        return { key: `file ${filename}`, made: JSON.stringify(options), make };
      }
    }
  }

  #rotation(options: FileOptions, filename: string): Rotation {
    if (options.type === 'watched_file') return watchedRotation(filename);
    if (options.type === 'timed_file') return timedRotation(options, options.backup_count, this.#deps.clock);
    return options.max_bytes > 0 ? sizeRotation(options.max_bytes, options.backup_count) : noRotation;
  }

  #format(destination: Destination): LineFormat | null {
    const now = (): number => this.#deps.clock.wall();
    if (!('time_format' in destination) || destination.time_format === null) return null;
    const time = timeFormat(destination.time_format);
    if (destination.type !== 'fancy_stdout') return timePrefix(time, now);
    const { color } = destination;
    return fancyPrefix(time, 1 + (color === null ? Math.floor(Math.random() * COLORS.length) : COLORS.indexOf(color)), now);
  }

  #lease({ key, made = '', make }: OutletPlan): { target: Target; release(): Promise<void> } {
    const there = key === undefined ? undefined : this.#shared.get(key);
    const shared = there ?? { target: new Target(make(), this.#deps.slow_buffer), made, users: 0 };
    if (key !== undefined) this.#shared.set(key, shared);
    if (shared.made !== made) {
      // The later wish counts: it is mostly the same watcher's, changed.
      shared.made = made;
      void shared.target.use(make());
    }
    shared.users++;
    let released: Promise<void> | undefined;
    return {
      target: shared.target,
      release: () => {
        released ??= this.#release(shared, key);
        return released;
      },
    };
  }

  async #release(shared: Shared, key: string | undefined): Promise<void> {
    shared.users--;
    if (shared.users > 0) return;
    if (key !== undefined && this.#shared.get(key) === shared) this.#shared.delete(key);
    await this.#atMost(DRAIN_MS, shared.target.drained());
    try {
      const closed = await this.#atMost(DRAIN_MS, shared.target.close());
      if (!closed) this.#deps.log.warn(`a destination of output was not closed within ${DRAIN_MS} ms`);
    } catch (error) {
      this.#deps.log.warn(`a destination of output was not closed well: ${messageOf(error)}`);
    }
  }

  /** @returns whether it was done in that time */
  async #atMost(longest_ms: number, work: Promise<void>): Promise<boolean> {
    let timer: Disposable | undefined;
    const patience = new Promise<false>((resolved) => {
      timer = this.#deps.patient.setTimeout(() => resolved(false), longest_ms);
    });
    try {
      return await Promise.race([work.then(() => true), patience]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

/** How to make an outlet; those with a key are shared by all that ask for the same key. */
interface OutletPlan {
  readonly key?: string;
  readonly made?: string;
  make(): Outlet;
}
