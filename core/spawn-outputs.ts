import { closeSync, constants, statSync } from 'node:fs';
import type { KeptOutput, KeptOutputs } from './durable/kept-outputs.js';
import { messageOf } from './errors.js';
import { GuardedSink } from './guarded-sink.js';
import type { Logger } from './log.js';
import { errnoOf, SpawnError } from './os/os-error.js';
import type { FdSource, OutputSink } from './os/port.js';
import { openTrusted } from './os/trusted-file.js';
import type { ProcessOutput, ProcessSink } from './output.js';
import type { LinesOrigin, OutputTaps } from './output-lines.js';

/** Indexes of the kept pipes of standard output and error; the same one where both go there, null where it is none. */
export type KeptIndexes = readonly [stdout: number | null, stderr: number | null];

export interface SpawnOutputsHost {
  readonly wid: number;
  readonly taps: OutputTaps;
  readonly log: Logger;
  exited(pid: number): void;
  /** It has pipes that outlive the daemon. */
  kept(): void;
  drained(): void;
}

/** The outputs of one process, from before its spawn to the last byte. */
export class SpawnOutputs {
  readonly #host: SpawnOutputsHost;
  readonly #sinks = new Map<ProcessSink, GuardedSink>();
  readonly #outputs: readonly (ProcessOutput | undefined)[];
  readonly #fds: number[] = [];
  readonly #kept = new Map<ProcessSink, KeptOutput>();
  readonly #adopted: { unref(): void }[] = [];
  readonly #indexes = new Map<OutputSink, number>();
  #read: (pipe: number) => void = () => {};
  #pid = 0;
  #open: number;

  constructor(stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined, host: SpawnOutputsHost) {
    this.#host = host;
    this.#outputs = [stdout, stderr];
    for (const [at, output] of this.#outputs.entries()) {
      if (isSink(output) && !this.#sinks.has(output)) this.#sinks.set(output, this.#guarded(output, at === 0 ? 'stdout' : 'stderr'));
    }
    this.#open = this.#sinks.size;
  }

  /** Whether anything is read. */
  get isRead(): boolean {
    return this.#sinks.size > 0;
  }

  /** Has what is read come by pipes that outlive the daemon. @throws SpawnError where there are none, or not for all; `abandoned` is due all the same */
  async keep(pipes: Promise<KeptOutputs>): Promise<void> {
    try {
      const kept = await pipes;
      for (const [output, sink] of this.#sinks) {
        const taken = await kept.take(sink);
        this.#kept.set(output, taken);
        this.#indexes.set(sink, taken.index);
      }
    } catch (error) {
      throw new SpawnError(errnoOf(error), `cannot have a pipe for its output: ${messageOf(error)}`);
    } finally {
      if (this.#kept.size > 0) this.#host.kept();
    }
  }

  /** Of the pipes that outlive the daemon; null where there are none. */
  get pipes(): KeptIndexes | null {
    const index = (output: ProcessOutput | undefined): number | null => (isSink(output) ? (this.#kept.get(output)?.index ?? null) : null);
    const [stdout, stderr] = this.#outputs;
    return this.#kept.size === 0 ? null : [index(stdout), index(stderr)];
  }

  /** Calls for each pipe that outlives the daemon, when it is read to the end. */
  whenRead(told: (pipe: number) => void): void {
    this.#read = told;
  }

  /**
   * Reads on what an earlier daemon has read, of a process that lives or has ended meanwhile.
   *
   * @param pipes as they were told of it when it was spawned
   */
  adopt(kept: KeptOutputs, pid: number, pipes: KeptIndexes): void {
    this.#pid = pid;
    const left = new Set(pipes.filter((index) => index !== null));
    this.#open += left.size;
    const there = [...this.#sinks].map(([output, sink]) => ({ sink, index: pipes[this.#outputs.indexOf(output)] ?? null }));
    for (const { sink, index } of there) {
      sink.spawned(pid);
      if (index === null || !left.delete(index)) sink.end();
      else {
        this.#open--;
        this.#adopt(kept, index, sink);
      }
    }
    for (const index of left) {
      this.#host.log.warn(`output of process ${pid} is dropped: nothing says any more where it goes`, { pipe: index });
      this.#adopt(kept, index, this.#guarded(NOWHERE, 'stdout'));
    }
    this.#host.kept();
  }

  /** Reads on, but no longer keeps the host process alive. */
  release(): void {
    for (const kept of [...this.#kept.values(), ...this.#adopted]) kept.unref();
  }

  /**
   * What descriptors 1 and 2 of the process are; undefined where nobody has asked for anything. Files are open from then on until
   * there is a process, or it is known that there is none.
   *
   * @throws SpawnError where a file can't be opened
   */
  sources(): readonly (FdSource | undefined)[] {
    const [stdout, stderr] = this.#outputs;
    return [this.#source(stdout), stderr === stdout && isSink(stdout) ? { kind: 'same', as: 1 } : this.#source(stderr)];
  }

  spawned(pid: number): void {
    this.#pid = pid;
    this.#close();
    for (const sink of this.#sinks.values()) sink.spawned(pid);
    for (const [output, kept] of this.#kept) {
      try {
        kept.start();
      } catch (error) {
        this.#host.log.error(`output of process ${pid} is lost: ${messageOf(error)}`, { pipe: kept.index });
        this.#sinks.get(output)?.end();
      }
    }
  }

  /** No process came of it. */
  abandoned(): void {
    this.#close();
    for (const kept of this.#kept.values()) kept.cancel();
    for (const sink of this.#sinks.values()) sink.end();
  }

  exited(): void {
    if (this.#open > 0) this.#host.exited(this.#pid);
  }

  #source(output: ProcessOutput | undefined): FdSource | undefined {
    if (output === undefined) return undefined;
    if (output === 'null') return { kind: 'null' };
    if ('append_to' in output) return { kind: 'fd', fd: this.#append(output.append_to) };
    if (!isSink(output)) return { kind: 'fd', fd: output.fd };
    const kept = this.#kept.get(output);
    if (kept !== undefined) return { kind: 'fd', fd: kept.fd };
    const sink = this.#sinks.get(output);
    return sink && { kind: 'pipe', sink };
  }

  #adopt(kept: KeptOutputs, index: number, sink: OutputSink): void {
    this.#indexes.set(sink, index);
    try {
      this.#adopted.push(kept.adopt(index, sink));
    } catch (error) {
      this.#host.log.error(`output of process ${this.#pid} is lost: ${messageOf(error)}`, { pipe: index });
      sink.end();
    }
  }

  #guarded(output: ProcessSink, stream: LinesOrigin['stream']): GuardedSink {
    const { log, taps, wid } = this.#host;
    const sink: GuardedSink = new GuardedSink(output, {
      log,
      taps,
      origin: () => ({ wid, pid: this.#pid, stream }),
      ended: () => {
        const index = this.#indexes.get(sink);
        if (index !== undefined) this.#read(index);
        this.#open--;
        if (this.#open === 0) this.#host.drained();
      },
    });
    return sink;
  }

  #append(path: string): number {
    try {
      const fd = openTrusted(path, appendFlags(path));
      this.#fds.push(fd);
      return fd;
    } catch (error) {
      throw new SpawnError(errnoOf(error), `cannot append output to ${path}: ${messageOf(error)}`);
    }
  }

  #close(): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }
}

const NOWHERE: OutputSink = { write: () => undefined, end: () => {} };

/** A named pipe that nobody reads would hold up the daemon until somebody does, unless it is opened for both. */
function appendFlags(path: string): number {
  const { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } = constants;
  return (statSync(path, { throwIfNoEntry: false })?.isFIFO() ? O_RDWR : O_WRONLY) | O_APPEND | O_CREAT;
}

function isSink(output: ProcessOutput | undefined): output is ProcessSink {
  return typeof output === 'object' && 'write' in output;
}
