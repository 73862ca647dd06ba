import {
  checkValue,
  type Extension,
  type Extensions,
  formatProblem,
  type Logger,
  messageOf,
  type OutputOptions,
  RingmasterError,
  type StreamPiece,
  type StreamSink,
} from '../../core/index.js';

/** Destinations of the types that other plugins add. */
export class PluginStreams {
  readonly #streams: Extensions<'stream'>;
  readonly #rounds = new Map<string, number>();
  readonly #sinks = new Map<Extension<'stream'>, Set<GuardedSink>>();

  /** @param changed told of the type that has come */
  constructor(streams: Extensions<'stream'>, log: Logger, changed: () => void) {
    this.#streams = streams;
    streams.onChange(({ change, extension }) => {
      if (change === 'removed') {
        this.#closeAll(extension, log);
        return;
      }
      this.#rounds.set(extension.key, this.round(extension.key) + 1);
      changed();
    });
  }

  /** How often a plugin has brought the type anew: a destination of an earlier round is that of a plugin that is gone. */
  round(name: string): number {
    return this.#rounds.get(name) ?? 0;
  }

  /** @throws RM_OUTPUT_MODULE */
  async open(name: string, options: Readonly<Record<string, unknown>>, whose: Pick<StreamPiece, 'watcher' | 'name'>): Promise<StreamSink> {
    const found = this.#streams.find(name);
    if (found === undefined) throw new RingmasterError('RM_OUTPUT_MODULE', [name, 'no plugin that is set up has such a type']);
    const { plugin, value } = found;
    const { value: checked, problems } = checkValue(structuredClone(options), value.schema);
    if (problems.length > 0) throw new RingmasterError('RM_OUTPUT_MODULE', [name, problems.map(formatProblem).join('; ')]);
    let sink: unknown;
    try {
      sink = await value.open(checked as never, whose);
    } catch (cause) {
      throw new RingmasterError('RM_OUTPUT_MODULE', [name, `plugin "${plugin}": ${messageOf(cause)}`], { cause });
    }
    if (typeof sink === 'object' && sink !== null && 'write' in sink && typeof sink.write === 'function') {
      const open = this.#sinks.get(found) ?? new Set();
      this.#sinks.set(found, open);
      const made: GuardedSink = new GuardedSink(sink as StreamSink, () => open.delete(made));
      open.add(made);
      return made;
    }
    throw new RingmasterError('RM_OUTPUT_MODULE', [name, `plugin "${plugin}": open returned what has no write(data, info)`]);
  }

  /** What a plugin has made is closed while the plugin still is there. */
  #closeAll(extension: Extension<'stream'>, log: Logger): void {
    const sinks = [...(this.#sinks.get(extension) ?? [])];
    this.#sinks.delete(extension);
    for (const sink of sinks)
      sink.close().catch((error: unknown) => log.warn(`a destination ${extension.key} was not closed well: ${messageOf(error)}`));
  }
}

/** Lets nothing through to a plugin that is gone, and closes what it has made once. */
class GuardedSink implements StreamSink {
  readonly #sink: StreamSink;
  readonly #onClosed: () => void;
  #closed = false;

  constructor(sink: StreamSink, closed: () => void) {
    this.#sink = sink;
    this.#onClosed = closed;
  }

  write(data: Uint8Array, info: StreamPiece): unknown {
    if (this.#closed) throw new Error('its plugin is closed');
    return this.#sink.write(data, info);
  }

  reopen(): void {
    if (!this.#closed) this.#sink.reopen?.();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    await this.#sink.close?.();
  }
}

/** Options of an output as they are compared: a type of a plugin that has come anew is another one. */
export function withRound(options: OutputOptions | null, streams: PluginStreams): OutputOptions | null {
  if (options?.type !== 'extension') return options;
  return { ...options, round: streams.round(options.name) } as OutputOptions;
}
