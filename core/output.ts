import { closeSync, constants, statSync } from 'node:fs';
import { messageOf } from './errors.js';
import type { Logger } from './log.js';
import { errnoOf, SpawnError } from './os/os-error.js';
import type { FdSource, Os, OutputSink } from './os/port.js';
import { openTrusted } from './os/trusted-file.js';
import { type LinesOrigin, OutputLines, OutputTaps, type OutputTapsHost } from './output-lines.js';

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

export interface OpenOutputsHost extends OutputTapsHost {
  readonly os: Os;
  readonly log: Logger;
  changed(): void;
}

/** The outputs of a watcher's processes that are being read, so that a stop can wait for the last line. */
export class OpenOutputs implements Disposable {
  readonly #host: OpenOutputsHost;
  readonly #taps: OutputTaps;
  readonly #draining = new Map<SpawnOutputs, Disposable>();

  constructor(host: OpenOutputsHost) {
    this.#host = host;
    this.#taps = new OutputTaps(host);
  }

  /** How many processes have ended whose outputs are not read to the end. */
  get draining(): number {
    return this.#draining.size;
  }

  /** The outputs of one process that is about to be spawned. */
  open(wid: number, stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined): SpawnOutputs {
    const outputs: SpawnOutputs = new SpawnOutputs(stdout, stderr, {
      wid,
      taps: this.#taps,
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

interface SpawnOutputsHost {
  readonly wid: number;
  readonly taps: OutputTaps;
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
  }

  /** No process came of it. */
  abandoned(): void {
    this.#close();
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
    const sink = this.#sinks.get(output);
    return sink && { kind: 'pipe', sink };
  }

  #guarded(output: ProcessSink, stream: LinesOrigin['stream']): GuardedSink {
    const { log, taps, wid } = this.#host;
    return new GuardedSink(output, {
      log,
      taps,
      origin: () => ({ wid, pid: this.#pid, stream }),
      ended: () => {
        this.#open--;
        if (this.#open === 0) this.#host.drained();
      },
    });
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

/** A named pipe that nobody reads would hold up the daemon until somebody does, unless it is opened for both. */
function appendFlags(path: string): number {
  const { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } = constants;
  return (statSync(path, { throwIfNoEntry: false })?.isFIFO() ? O_RDWR : O_WRONLY) | O_APPEND | O_CREAT;
}

function isSink(output: ProcessOutput | undefined): output is ProcessSink {
  return typeof output === 'object' && 'write' in output;
}

interface GuardedSinkHost {
  readonly log: Logger;
  readonly taps: OutputTaps;
  origin(): LinesOrigin;
  ended(): void;
}

/** Lets nothing that a plugin's sink throws get into the reading of pipes, and tells of it once; shows lines to whoever looks. */
class GuardedSink implements OutputSink {
  readonly #sink: ProcessSink;
  readonly #host: GuardedSinkHost;
  #lines: OutputLines | undefined;
  #failed = false;

  constructor(sink: ProcessSink, host: GuardedSinkHost) {
    this.#sink = sink;
    this.#host = host;
  }

  spawned(pid: number): void {
    this.#guard(() => this.#sink.spawned?.(pid));
  }

  write(chunk: Uint8Array, room?: number): void | Promise<void> {
    // The sink may write into the chunk, and keeps nothing for others.
    this.#show(chunk);
    try {
      return this.#sink.write(chunk, room);
    } catch (error) {
      this.#report(error);
    }
  }

  end(): void {
    this.#lines?.end();
    this.#guard(() => this.#sink.end());
    this.#host.ended();
  }

  #show(chunk: Uint8Array): void {
    const { taps, origin } = this.#host;
    if (taps.wanted) {
      this.#lines ??= new OutputLines(taps, origin());
      this.#lines.write(chunk);
    } else {
      this.#lines = undefined;
    }
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!this.#failed) this.#host.log.error(`output is lost: what reads it failed: ${messageOf(error)}`);
    this.#failed = true;
  }
}
