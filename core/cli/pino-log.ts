import { once } from 'node:events';
import { closeSync, constants, fstatSync, statSync } from 'node:fs';
import { destination as open, type Logger as Pino, pino } from 'pino';
import { messageOf, RingmasterError } from '../errors.js';
import type { LogFields, Logger } from '../log.js';
import { openTrusted } from '../os/trusted-file.js';
import { maskSecrets, maskText } from '../secrets.js';
import { isJournal, journalLine } from './journal-stream.js';
import { LateLines } from './late-lines.js';
import { LOG_LEVELS, type LogFormat, type LogLevel } from './log-levels.js';
import type { LogOutput } from './log-output.js';

const PINO_LEVELS = { critical: 'fatal', error: 'error', warning: 'warn', info: 'info', debug: 'debug' } as const satisfies Record<
  LogLevel,
  string
>;

type Destination = ReturnType<typeof open>;

/** What of a log that nobody reads is kept in memory before lines are dropped, bytes. */
const PENDING_MAX = 16 * 1024 * 1024;
/** How long the last lines may take at the end, ms. */
const CLOSE_MS = 1000;

export interface LogOptions {
  readonly level: LogLevel;
  /** auto: pretty on a terminal, JSON lines otherwise. */
  readonly format: LogFormat;
  readonly output: LogOutput;
  readonly terminal: boolean;
}

/** The daemon's log and what can be done to it from outside. */
export interface DaemonLog {
  readonly log: Logger;
  /** From now on logs what is at least this important, by loggers that were made before as well. */
  setLevel(level: LogLevel): void;
  /** Opens the file again, after it was moved away; nothing where the log goes elsewhere. */
  reopen(): void;
  /** Resolves when the last line is written, or can't be. */
  close(): Promise<void>;
}

/** Where pino writes to. */
interface Sink {
  readonly stream: { write(line: string): unknown };
  /** Called before each line. */
  look(): void;
  reopen(): void;
  /** Resolves when all is written, or can't be. */
  close(): Promise<void>;
}

/**
 * A log with pino behind it.
 *
 * @throws RM_LOG_OPEN
 */
export async function openLog(options: LogOptions): Promise<DaemonLog> {
  const sink = await openSink(options);
  const lines = new LateLines();
  const flush = (): void => lines.flush();
  // Before the sink's own listener, which writes all that the sink has.
  process.prependListener('exit', flush);
  const { stream } = sink;
  const root = pino(
    {
      // What is left out is decided here and not by pino, whose child loggers keep the level that they were made with.
      level: PINO_LEVELS.debug,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date(lines.now_ms).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const threshold = { level: options.level };
  return {
    log: new PinoLogger(root, { threshold, lines, look: () => sink.look() }),
    setLevel: (level) => {
      threshold.level = level;
    },
    reopen() {
      lines.flush();
      sink.reopen();
    },
    close() {
      lines.close();
      process.off('exit', flush);
      return sink.close();
    },
  };
}

async function openSink(options: LogOptions): Promise<Sink> {
  const { output } = options;
  if (output.kind === 'syslog') {
    const { openSyslog } = await import('./syslog-sink.js');
    const stream = await openSyslog(output, (text) => process.stderr.write(text));
    return { stream, look: () => {}, reopen: () => {}, close: () => ended(stream, stream) };
  }
  const file = output.kind === 'file' ? output.file : null;
  if (file !== null) tryToOpen(file);
  const destination = open({ dest: file ?? 1, append: true, sync: false, maxLength: PENDING_MAX });
  if (file !== null) await once(destination, 'ready');
  // A log that can't be written any more (its reader gone, its disk full) is no reason to end what is supervised.
  destination.on('error', () => {});
  const is_pretty = options.format === 'pretty' || (options.format === 'auto' && options.terminal && file === null);
  const stream = is_pretty ? await prettyStream(destination, options.terminal && file === null) : destination;
  const close = (): Promise<void> => ended(stream, destination);
  if (file === null) {
    const to = isJournal(1) && !is_pretty ? { write: (line: string) => destination.write(journalLine(line)) } : stream;
    return { stream: to, look: () => {}, reopen: () => {}, close };
  }
  const watch = new MovedFile(file, destination);
  return { stream, look: () => watch.look(), reopen: () => watch.reopen(), close };
}

/** How often it is looked whether the file is still the one of that name, ms. */
const LOOK_MS = 1000;

/** Opens a file again that somebody has moved away or removed, as logrotate does. @source Circus's WatchedFileHandler */
class MovedFile {
  readonly #file: string;
  readonly #destination: Destination & { readonly fd?: number };
  #looked_ms = performance.now();
  /** Why it could not be opened again, told once. */
  #refused = '';

  constructor(file: string, destination: Destination) {
    this.#file = file;
    this.#destination = destination;
  }

  look(): void {
    const now_ms = performance.now();
    if (now_ms - this.#looked_ms < LOOK_MS) return;
    this.#looked_ms = now_ms;
    const { fd = -1 } = this.#destination;
    // While it is opened again there is nothing to look at.
    if (fd < 0) return;
    if (!this.#isNamed(fd)) this.reopen();
  }

  /** Whether the file that is open is still the one of that name; not where nobody can look, which is said when it is opened. */
  #isNamed(fd: number): boolean {
    try {
      const named = statSync(this.#file, { throwIfNoEntry: false });
      const open = fstatSync(fd);
      return named?.ino === open.ino && named.dev === open.dev;
    } catch {
      return false;
    }
  }

  /** Writes on to the file that is open where the one of that name can't be used. */
  reopen(): void {
    try {
      tryToOpen(this.#file);
      this.#destination.reopen();
      this.#refused = '';
    } catch (error) {
      const why = messageOf(error);
      if (why !== this.#refused) process.stderr.write(`${why}; the log goes on in the file that is open\n`);
      this.#refused = why;
    }
  }
}

async function prettyStream(destination: Destination, colorize: boolean) {
  const { default: pinoPretty } = await import('pino-pretty');
  return pinoPretty({
    destination,
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
}

/**
 * SonicBoom opens a file in the background, and one that could not be opened ends the process with an error of its own. What this
 * leaves there is the daemon's, so nobody else can put a link in its place before SonicBoom comes to it.
 */
function tryToOpen(file: string): void {
  try {
    closeSync(openTrusted(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK));
  } catch (cause) {
    throw new RingmasterError('RM_LOG_OPEN', [file, messageOf(cause)], { cause });
  }
}

function ended(stream: { end(): void } & NodeJS.EventEmitter, destination: { destroy(): unknown }): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      // Else it would try again when the process exits, and hold that up for as long as nobody reads.
      destination.destroy();
      resolve();
    }, CLOSE_MS);
    const done = (): void => {
      clearTimeout(limit);
      resolve();
    };
    for (const last of ['close', 'error']) stream.once(last, done);
    stream.end();
  });
}

/** What the loggers of one log share. */
interface Shared {
  readonly threshold: { readonly level: LogLevel };
  readonly lines: LateLines;
  /** Called before each line. */
  look(): void;
}

/** Our order of arguments, the message first. */
class PinoLogger implements Logger {
  readonly #pino: Pino;
  readonly #shared: Shared;

  constructor(pino: Pino, shared: Shared) {
    this.#pino = pino;
    this.#shared = shared;
  }

  // Functions that can be taken off it, as plugins do (`const { warn } = log`), and that nothing holds before.
  get debug(): Logger['debug'] {
    return (message, fields) => this.#log('debug', message, fields);
  }

  get info(): Logger['info'] {
    return (message, fields) => this.#log('info', message, fields);
  }

  get warn(): Logger['warn'] {
    return (message, fields) => this.#log('warning', message, fields);
  }

  get error(): Logger['error'] {
    return (message, fields) => {
      this.#log('error', message, fields);
      // The process may not live much longer.
      this.#shared.lines.flush();
    };
  }

  get child(): Logger['child'] {
    return (fields) => new PinoLogger(this.#pino.child(fields), this.#shared);
  }

  #log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { threshold, lines } = this.#shared;
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(threshold.level)) return;
    // What is in objects may be something else by then.
    const kept = hasObject(fields) ? maskSecrets(fields) : { ...fields };
    lines.add(() => {
      this.#shared.look();
      this.#pino[PINO_LEVELS[level]](maskSecrets(kept) as LogFields, maskText(message));
    });
  }
}

function hasObject(fields: LogFields): boolean {
  for (const name in fields) if (typeof fields[name] === 'object') return true;
  return false;
}
