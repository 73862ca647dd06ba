import { closeSync, constants, openSync, statSync } from 'node:fs';
import type { Clock } from './clock.js';
import type { KeptOutput, KeptOutputs } from './durable/kept-outputs.js';
import { messageOf } from './errors.js';
import { GuardedSink } from './guarded-sink.js';
import type { Logger } from './log.js';
import { errnoOf, SpawnError } from './os/os-error.js';
import type { FdSource, Os, OutputSink } from './os/port.js';

/** Reads an output of one process. `end` is called exactly once, where no process came of it too. */
export interface ProcessSink extends OutputSink {
  /** The process was spawned; told before anything that it writes. */
  spawned?(pid: number): void;
}

/** A file that a process appends to itself: opened when it is spawned, so that it is always the one of that name. */
export interface AppendedFile {
  /** An absolute path. */
  readonly append_to: string;
}

/** Where an output of a process goes: to whoever reads it, to a file, to what the daemon has open under a descriptor, or nowhere. */
export type ProcessOutput = ProcessSink | AppendedFile | { readonly fd: number } | 'null';

/** How long after the end of a process group its outputs may stay open before nobody waits for them any more, ms. */
const PATIENCE_MS = 1000;

export interface OpenOutputsHost {
  readonly os: Os;
  readonly clock: Clock;
  readonly log: Logger;
  changed(): void;
}

/** The outputs of a watcher's processes that are being read, so that a stop can wait for the last line. */
export class OpenOutputs implements Disposable {
  readonly #host: OpenOutputsHost;
  readonly #draining = new Map<SpawnOutputs, Disposable>();

  constructor(host: OpenOutputsHost) {
    this.#host = host;
  }

  /** How many processes have ended whose outputs are not read to the end. */
  get draining(): number {
    return this.#draining.size;
  }

  /** The outputs of one process that is about to be spawned, or adopted. */
  open(stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined): SpawnOutputs {
    const outputs: SpawnOutputs = new SpawnOutputs(stdout, stderr, {
      log: this.#host.log,
      exited: (pid) => this.#wait(outputs, pid),
      drained: () => this.#forget(outputs),
    });
    return outputs;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#draining.values()) timer[Symbol.dispose]();
    this.#draining.clear();
  }

  /** What left the process's group may hold an output open for ever: waited for only so long after the group is gone. */
  #wait(outputs: SpawnOutputs, pid: number): void {
    const { os, clock } = this.#host;
    const timer = clock.setTimeout(() => {
      if (os.groupAlive(pid)) this.#wait(outputs, pid);
      else this.#forget(outputs);
    }, PATIENCE_MS);
    this.#draining.set(outputs, timer);
  }

  #forget(outputs: SpawnOutputs): void {
    const timer = this.#draining.get(outputs);
    if (timer === undefined) return;
    timer[Symbol.dispose]();
    this.#draining.delete(outputs);
    this.#host.changed();
  }
}

/** Indexes of the kept pipes of standard output and error; the same one where both go there, null where it is none. */
export type KeptIndexes = readonly [stdout: number | null, stderr: number | null];

interface SpawnOutputsHost {
  readonly log: Logger;
  exited(pid: number): void;
  drained(): void;
}

/** The outputs of one process, from before its spawn to the last byte. */
export class SpawnOutputs {
  readonly #host: SpawnOutputsHost;
  readonly #sinks = new Map<ProcessSink, GuardedSink>();
  readonly #outputs: readonly (ProcessOutput | undefined)[];
  readonly #fds: number[] = [];
  readonly #kept = new Map<ProcessSink, KeptOutput>();
  #pid = 0;
  #open: number;

  constructor(stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined, host: SpawnOutputsHost) {
    this.#host = host;
    this.#outputs = [stdout, stderr];
    for (const output of this.#outputs) if (isSink(output) && !this.#sinks.has(output)) this.#sinks.set(output, this.#guarded(output));
    this.#open = this.#sinks.size;
  }

  /** Has what is read come by pipes that outlive the daemon. @throws SpawnError where there are none; `abandoned` is due all the same */
  async keep(kept: KeptOutputs): Promise<void> {
    try {
      for (const [output, sink] of this.#sinks) this.#kept.set(output, await kept.take(sink));
    } catch (error) {
      throw new SpawnError(errnoOf(error), `cannot have a pipe for its output: ${messageOf(error)}`);
    }
  }

  /** Those that outlive the daemon. */
  get pipes(): KeptIndexes {
    const index = (output: ProcessOutput | undefined): number | null => (isSink(output) ? (this.#kept.get(output)?.index ?? null) : null);
    const [stdout, stderr] = this.#outputs;
    return [index(stdout), index(stderr)];
  }

  /**
   * Reads on what an earlier daemon has read, of a process that lives or has ended meanwhile.
   *
   * @param pipes as they were told of it when it was spawned
   */
  adopt(kept: KeptOutputs, pid: number, pipes: KeptIndexes): void {
    this.#pid = pid;
    const left = new Set(pipes.filter((index) => index !== null));
    for (const [output, sink] of this.#sinks) {
      const index = pipes[this.#outputs.indexOf(output)] ?? null;
      sink.spawned(pid);
      if (index === null || !left.delete(index)) sink.end();
      else this.#adopt(kept, index, sink);
    }
    for (const index of left) {
      this.#host.log.warn(`output of process ${pid} is dropped: the options say no more where it goes`, { pipe: index });
      this.#adopt(kept, index, NOWHERE);
    }
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
    for (const kept of this.#kept.values()) kept.start();
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
    try {
      kept.adopt(index, sink);
    } catch (error) {
      this.#host.log.error(`output of process ${this.#pid} is lost: ${messageOf(error)}`, { pipe: index });
      sink.end();
    }
  }

  #guarded(output: ProcessSink): GuardedSink {
    return new GuardedSink(output, this.#host.log, () => {
      this.#open--;
      if (this.#open === 0) this.#host.drained();
    });
  }

  #append(path: string): number {
    try {
      const fd = openSync(path, appendFlags(path), 0o666);
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
