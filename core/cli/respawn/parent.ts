import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { takeBackgroundMark, tellForeground } from '../background.js';
import { EXIT_STATUS } from '../exit-status.js';
import { PARENT } from './asked.js';
import { afterDeath } from './policy.js';
import { type Ending, endingText, type ParentNote, type Word } from './words.js';

const STOPS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT'];
const OTHERS: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];
/** How long signals wait at most until a supervisor that was started again has all that the one before it had. */
const HOLD_MS = 10_000;
/** How long words of a supervisor that has ended may be on their way. */
const LAST_WORDS_MS = 500;
/** The number of the stream in the supervisor. */
const STREAM_FD = 3;

/**
 * Runs this program again as a supervisor, and again when it dies; ends the process with it. Whatever is sent to this process reaches the
 * supervisor, also what comes while there is none.
 *
 * It does nothing else, so that there is nothing in it that could fail.
 */
export async function respawn(program: string): Promise<void> {
  const parent = new Parent(program, takeBackgroundMark());
  for (const name of [...STOPS, ...OTHERS]) process.on(name, () => parent.forward(name));
  // Where nobody reads any more there is nobody to tell.
  process.stderr.on('error', () => process.stderr.destroy());
  parent.start(null);
  if (process.pid !== 1) return;
  const { reapOrphans } = await import('./reap-orphans.js');
  await reapOrphans(() => parent.pid);
}

/** One supervisor, while it lives. */
interface Run {
  readonly child: ChildProcess;
  readonly began_ms: number;
  readonly is_first: boolean;
  takes_signals: boolean;
  /** Signals that it was sent and has not told of: if it dies now, its successor gets them. */
  unheard: NodeJS.Signals[];
  hears_stop: boolean;
  /** When everything had started. */
  started_ms: number | null;
  /** What it said of its own end. */
  last_words: string;
}

class Parent {
  readonly #program: string;
  readonly #in_background: boolean;
  #run: Run | undefined;
  /** Ends the wait for the next supervisor. */
  #begin: (() => void) | undefined;
  #held: NodeJS.Signals[] = [];
  #impatient = false;
  #stop_asked = false;
  #past = { worked: false, early: 0 };

  constructor(program: string, in_background: boolean) {
    this.#program = program;
    this.#in_background = in_background;
  }

  /** Of the supervisor. */
  get pid(): number | undefined {
    return this.#run?.child.pid;
  }

  /** Passes a signal on as soon as there is a supervisor that takes it. A stop asked for twice does not wait for more than that. */
  forward(name: NodeJS.Signals): void {
    if (STOPS.includes(name)) {
      this.#impatient = this.#stop_asked;
      this.#stop_asked = true;
    }
    this.#held.push(name);
    if (this.#stop_asked) this.#begin?.();
    this.#release();
  }

  start(after: Ending | null): void {
    const note: ParentNote = { fd: STREAM_FD, after };
    const { WATCHDOG_PID, ...env } = process.env;
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      // A session of its own: what the terminal sends to its foreground comes once, from here.
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...env, ...(Number(WATCHDOG_PID) !== process.pid && { WATCHDOG_PID }), [PARENT]: JSON.stringify(note) },
    });
    const run: Run = {
      child,
      began_ms: performance.now(),
      is_first: after === null,
      takes_signals: false,
      unheard: [],
      hears_stop: false,
      started_ms: null,
      last_words: '',
    };
    this.#run = run;
    this.#listen(run);
    let ended = false;
    const end = (status: number | null, signal: NodeJS.Signals | null): void => {
      if (!ended) this.#ended(run, status, signal);
      ended = true;
    };
    child.once('error', (error) => {
      const why = `cannot start a supervisor: ${error.message}`;
      this.#say(why);
      run.last_words = `${this.#program}: ${why}\n`;
      end(EXIT_STATUS.failed, null);
    });
    child.once('close', end);
    child.once('exit', (status, signal) => setTimeout(() => end(status, signal), LAST_WORDS_MS).unref());
  }

  #listen(run: Run): void {
    let text = '';
    const stream = run.child.stdio[STREAM_FD];
    stream?.on('error', () => stream.destroy());
    stream?.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#heard(run, JSON.parse(line));
    });
  }

  #heard(run: Run, word: Word): void {
    if ('takes_signals' in word) {
      run.takes_signals = word.takes_signals;
      // What came in the last moment of a program that was replaced is told by nobody.
      this.#held.unshift(...run.unheard.splice(0));
      if (!run.is_first && run.started_ms === null) setTimeout(() => this.#release(run), HOLD_MS).unref();
    } else if ('signal' in word) {
      run.unheard = run.unheard.filter((name) => name !== word.signal);
      run.hears_stop ||= STOPS.includes(word.signal);
    } else if ('started' in word) {
      run.started_ms = performance.now();
      if (this.#in_background) void tellForeground({ started: true });
    } else run.last_words = word.text;
    this.#release();
  }

  /** @param overdue a supervisor whose signals have waited long enough */
  #release(overdue?: Run): void {
    const run = this.#run;
    if (run?.takes_signals !== true) return;
    if (!run.is_first && run.started_ms === null && run !== overdue && !this.#impatient) return;
    for (const name of this.#held.splice(0)) {
      // This one it does not survive.
      if (name === 'SIGABRT') run.hears_stop = true;
      else run.unheard.push(name);
      run.child.kill(name);
    }
  }

  #ended(
    { child, began_ms, started_ms, last_words, unheard, hears_stop }: Run,
    status: number | null,
    signal: NodeJS.Signals | null,
  ): void {
    this.#run = undefined;
    const now = performance.now();
    const signum = signal === null ? null : constants.signals[signal];
    const ran_ms = started_ms === null ? null : now - started_ms;
    // What a dead supervisor has left behind is for its successor to end, if there can be one.
    const asked = hears_stop || (this.#stop_asked && ran_ms === null);
    const decision = afterDeath({ status, signum, ran_ms }, { ...this.#past, asked });
    const ending: Ending = { pid: child.pid ?? 0, status, signal, lived_ms: Math.round(now - began_ms) };
    const text = `the supervisor (pid ${ending.pid}) ${endingText(ending)}`;
    if (decision.action === 'end') {
      if (signal !== null) this.#say(text);
      void this.#end(decision.status, last_words === '' ? `${this.#program}: ${text}\n` : last_words);
      return;
    }
    const { delay_ms, early } = decision;
    this.#past = { worked: this.#past.worked || ran_ms !== null, early };
    this.#held.unshift(...unheard);
    this.#say(`${text}; another one starts${delay_ms === 0 ? '' : ` in ${delay_ms / 1000} s`}`);
    const begin = (): void => {
      clearTimeout(timer);
      this.#begin = undefined;
      this.start(ending);
    };
    const timer = setTimeout(begin, this.#stop_asked ? 0 : delay_ms);
    this.#begin = begin;
  }

  async #end(status: number, text: string): Promise<void> {
    if (this.#in_background) await tellForeground({ status, text });
    process.exit(status);
  }

  #say(text: string): void {
    process.stderr.write(`${this.#program}: ${text}\n`);
  }
}
