import type { Logger } from './log.js';
import type { Os, OutputSink } from './os/port.js';
import { OutputTaps, type OutputTapsHost } from './output-lines.js';
import { SpawnOutputs } from './spawn-outputs.js';

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
  /** Of all processes of which nobody has asked for anything. */
  #none: SpawnOutputs | null = null;
  #draining: Map<SpawnOutputs, Disposable> | null = null;
  /** Those that outlive the daemon. */
  #kept: Set<SpawnOutputs> | null = null;
  #resuming = 0;

  constructor(host: OpenOutputsHost) {
    this.#host = host;
    this.#taps = new OutputTaps(host);
  }

  /** How many processes have ended whose outputs are not read to the end. */
  get draining(): number {
    return (this.#draining?.size ?? 0) + this.#resuming;
  }

  /** The outputs of one process that is about to be spawned. */
  open(wid: number, stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined): SpawnOutputs {
    if (stdout !== undefined || stderr !== undefined) return this.openAlone(wid, stdout, stderr);
    this.#none ??= this.openAlone(0, undefined, undefined);
    return this.#none;
  }

  /** Of one that is about to be adopted, and may write where nobody asks for it any more. */
  openAlone(wid: number, stdout: ProcessOutput | undefined, stderr: ProcessOutput | undefined): SpawnOutputs {
    const outputs: SpawnOutputs = new SpawnOutputs(stdout, stderr, {
      wid,
      taps: this.#taps,
      log: this.#host.log,
      exited: (pid) => this.#wait(outputs, pid),
      kept: () => {
        this.#kept ??= new Set();
        this.#kept.add(outputs);
      },
      drained: () => {
        this.#kept?.delete(outputs);
        this.#forget(outputs);
      },
    });
    return outputs;
  }

  /**
   * Waits for the outputs of a process of an earlier daemon.
   *
   * @param resumed does not reject
   * @returns is told when the process has ended, which may be before its outputs are there
   */
  resume(resumed: Promise<SpawnOutputs>): { exited(): void } {
    this.#resuming++;
    let ended = false;
    let outputs: SpawnOutputs | undefined;
    void resumed.then((there) => {
      outputs = there;
      this.#resuming--;
      if (ended) there.exited();
      this.#host.changed();
    });
    return {
      exited() {
        ended = true;
        outputs?.exited();
      },
    };
  }

  /** What is still written is read, but no longer keeps the host process alive. */
  release(): void {
    for (const outputs of this.#kept ?? []) outputs.release();
  }

  [Symbol.dispose](): void {
    for (const timer of this.#draining?.values() ?? []) timer[Symbol.dispose]();
    this.#draining = null;
  }

  /** What left the process's group may hold an output open for ever: waited for only so long after the group is gone. */
  #wait(outputs: SpawnOutputs, pid: number): void {
    const { os, clock } = this.#host;
    const timer = clock.setTimeout(() => {
      if (os.groupAlive(pid)) this.#wait(outputs, pid);
      else this.#forget(outputs);
    }, PATIENCE_MS);
    this.#draining ??= new Map();
    this.#draining.set(outputs, timer);
  }

  #forget(outputs: SpawnOutputs): void {
    const timer = this.#draining?.get(outputs);
    if (timer === undefined) return;
    timer[Symbol.dispose]();
    this.#draining?.delete(outputs);
    this.#host.changed();
  }
}
