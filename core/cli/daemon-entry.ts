import { Writable } from 'node:stream';
import { runInBackground, takeBackgroundMark, tellForeground } from './background.js';
import { DaemonControl } from './daemon-control.js';
import { takeSignals } from './daemon-signals.js';
import type { LogFormat, LogLevel } from './log-levels.js';
import { takeParent } from './respawn/parent-link.js';
import type { Io } from './verb.js';

/** What the command line asks for; what it leaves open comes from the config. */
export interface RunRequest {
  /** Name of the program, for messages. */
  readonly program: string;
  readonly file: string;
  readonly background: boolean;
  readonly log_level?: LogLevel;
  /** `-`: standard output. */
  readonly log_output?: string;
  readonly log_format: LogFormat;
  readonly pidfile?: string;
  /** A configuration of Python's logging, as Circus takes one. */
  readonly logger_config?: string;
}

/**
 * Runs a supervisor until it is asked to stop; resolves with the exit status.
 *
 * Signals are taken before anything is loaded that takes time, so that none is lost.
 */
export async function runDaemon(request: RunRequest, io: Io): Promise<number> {
  const isBackground = takeBackgroundMark();
  const parent = takeParent();
  if (request.background && !isBackground && parent === null) return runInBackground(request, io);
  process.title = `${request.program.replace(/ run$/, '')}: ${request.file}`;
  const control = new DaemonControl();
  // To the very end of the process: a signal that comes late must not change how it ends.
  takeSignals(control, (signal) => void parent?.tell({ signal }));
  void parent?.tell({ takes_signals: true });
  using _crashes = takeCrashes((error) => control.crash(error));
  const { superviseFile } = await import('./daemon.js');
  const tell = parent !== null ? parent.tell.bind(parent) : isBackground ? tellForeground : null;
  if (tell === null) return await superviseFile({ request, io, control, parent, onStarted: () => {} });
  const errors = new TextSink(io.stderr);
  const { stdin, stdout, env } = io;
  const onStarted = (): void => void tell({ started: true });
  const status = await superviseFile({ request, io: { stdin, stdout, stderr: errors, env }, control, parent, onStarted });
  await tell({ status, text: errors.text });
  return status;
}

function takeCrashes(onCrash: (error: unknown) => void): Disposable {
  process.on('uncaughtException', onCrash);
  return { [Symbol.dispose]: () => process.removeListener('uncaughtException', onCrash) };
}

/** Keeps what is written to it, and passes it on. */
class TextSink extends Writable {
  text = '';
  readonly #to: Writable;

  constructor(to: Writable) {
    super();
    this.#to = to;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk);
    this.#to.write(chunk, () => done());
  }
}
