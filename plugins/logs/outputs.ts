import type { Clock, EventBodies, EventName, Logger, OutputName, ProcessOutput, WatcherApi } from '../../core/index.js';
import { HeldLines } from './held-lines.js';
import type { LossListener } from './loss.js';
import type { PluginStreams } from './plugin-streams.js';
import { Routes } from './routes.js';
import type { LogsOptions } from './schema.js';
import { WatcherOutputs } from './watcher-outputs.js';

export interface OutputsDeps {
  readonly clock: Clock;
  /** Its timers go on while everything is closed. */
  readonly patient: Clock;
  readonly log: Logger;
  readonly config: LogsOptions;
  readonly streams: PluginStreams;
  /** What relative modules refer to. */
  readonly directory: string;
  emit<N extends EventName>(watcher: string, name: N, body: EventBodies[N]): void;
}

/** The outputs of all watchers. */
export class Outputs {
  readonly #deps: OutputsDeps;
  readonly #routes: Routes;
  readonly #lines: HeldLines;
  readonly #watchers = new Map<WatcherApi, WatcherOutputs>();

  constructor(deps: OutputsDeps) {
    this.#deps = deps;
    this.#routes = new Routes({ ...deps, slow_buffer: deps.config.slow_buffer });
    this.#lines = new HeldLines(deps.clock, deps.config.line_delay * 1000);
  }

  /** Where the outputs of a process go that is about to be spawned. */
  prepare(watcher: WatcherApi, options: LogsOptions): Promise<{ readonly stdout?: ProcessOutput; readonly stderr?: ProcessOutput }> {
    let outputs = this.#watchers.get(watcher);
    if (outputs === undefined) {
      outputs = new WatcherOutputs(watcher, {
        ...this.#deps,
        ...options,
        routes: this.#routes,
        lines: this.#lines,
        onLoss: (name) => this.#listener(watcher.name, name),
        onClosed: () => this.#watchers.delete(watcher),
      });
      this.#watchers.set(watcher, outputs);
    }
    return outputs.prepare();
  }

  of(watcher: WatcherApi): WatcherOutputs | undefined {
    return this.#watchers.get(watcher);
  }

  all(): readonly WatcherOutputs[] {
    return [...this.#watchers.values()];
  }

  /** Writes what is held back and gives everything up. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((outputs) => outputs.close()));
    this.#lines[Symbol.dispose]();
    this.#watchers.clear();
  }

  #listener(watcher: string, stream: OutputName): LossListener {
    const { clock, log, emit } = this.#deps;
    const time = (): number => clock.wall() / 1000;
    return {
      lost(lost, error) {
        log.error(`output of ${watcher} is lost: ${error}`, { watcher, stream, ...lost });
        emit(watcher, 'output_lost', { time: time(), stream, ...lost, error });
      },
      resumed(lost) {
        log.warn(`output of ${watcher} is kept again; ${lost.lines} lines, ${lost.bytes} bytes were lost`, { watcher, stream, ...lost });
        emit(watcher, 'output_resumed', { time: time(), stream, ...lost });
      },
    };
  }
}
