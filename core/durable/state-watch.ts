import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Journal } from '../journal/journal.js';
import type { StateDirectory } from '../os/durable.js';
import type { Troubles } from '../troubles.js';
import type { History } from './history.js';

export interface StateWatchHost {
  readonly clock: Clock;
  readonly directory: StateDirectory;
  readonly journal: Journal;
  readonly history: History;
  readonly troubles: Troubles;
  /** There is another directory at the path, and it is taken: what has files in it makes them anew. */
  renewed(): void;
}

/** How often is looked. */
const LOOK_MS = 5000;

/**
 * Looks again and again whether the next supervisor would find what is written down: a mount may come or go over the state directory,
 * and cleaners of temporary files may take it away, without a word from any system call. What is at the path then is taken instead.
 */
export class StateWatch implements Disposable {
  readonly #host: StateWatchHost;
  #timer: Disposable | null = null;
  /** Since when an answer is waited for; null for none. */
  #asked_ms: number | null = null;
  #closed = false;

  constructor(host: StateWatchHost) {
    this.#host = host;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    this.#timer = this.#host.clock.setTimeout(() => {
      this.#arm();
      if (this.#asked_ms === null) void this.#look();
      else this.#isAway(`does not answer for ${Math.round((this.#host.clock.now() - this.#asked_ms) / 1000)} s`);
    }, LOOK_MS);
  }

  async #look(): Promise<void> {
    const { clock, directory, journal, history } = this.#host;
    this.#asked_ms = clock.now();
    const found = await directory.look();
    this.#asked_ms = null;
    if (this.#closed) return;
    if (found === 'elsewhere') this.#retake();
    else this.#host.troubles.end('state_dir', `the state directory ${directory.path} is there again`);
    if (found === 'without_journal' && journal.failing === null) journal.renew();
    if (found === 'without_history') history.renew();
  }

  #retake(): void {
    const { directory, journal, history, troubles } = this.#host;
    this.#isAway('is not the one any more that was taken: was it removed, or did a mount come or go?');
    try {
      directory.retake();
    } catch (error) {
      this.#isAway(`is not there any more: ${messageOf(error)}`);
      return;
    }
    journal.renew();
    history.renew();
    this.#host.renewed();
    troubles.end('state_dir', `the state directory ${directory.path} was taken anew; what runs is noted down there`);
  }

  #isAway(why: string): void {
    const { directory, troubles } = this.#host;
    troubles.begin('state_dir', `a crash now would lose sight of processes, for the state directory ${directory.path} ${why}`);
  }
}
