import type { Clock } from './clock.js';
import { explain, messageOf, RingmasterError } from './errors.js';
import type { EventName } from './events.js';
import { DROPPED_CALL, type Ending, NOTHING_SAID, verdictOf } from './hook-calls.js';
import { checkResult, isThenable } from './hook-result.js';
import type { HookTap } from './hook-tap.js';
import type { HookName } from './hooks.js';
import type { Logger } from './log.js';

/** One tap that threw, gave no answer in time, or a wrong one. */
export interface HookFailure {
  readonly hook: HookName;
  readonly plugin: string;
  /** The watcher that the hook was called for, if it was for one. */
  readonly watcher: string | null;
  readonly error: RingmasterError;
  /** Whether the owner of the tap asked for failures to be ignored. */
  readonly ignored: boolean;
}

/** A tap that everybody waits for at present. */
export interface HookWait {
  readonly hook: HookName;
  readonly plugin: string;
  /** The clock's `now()` when it was called. */
  readonly since_ms: number;
}

/** What came of calling one tap: what it returned (undefined for nothing), or the failure that was reported. */
export type Answer = { readonly value: unknown; readonly error?: never } | { readonly error: RingmasterError };

const NOTHING: Answer = { value: undefined };
/** It was removed before it answered. */
const DROPPED: Answer = { value: undefined };

/** A call under way. */
interface Call {
  readonly tap: HookTap;
  readonly args: object;
  /** What it may change, where its hook has something to change. */
  readonly value: unknown;
  readonly started_ms: number;
}

export interface RunnerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each failure; not of those of `event`, as telling them to everybody would be an event again. */
  readonly onFailure?: (failure: HookFailure) => void;
}

/** The name of the watcher that a hook is called for. */
export function watcherOf(args: object): string | null {
  const watcher: unknown = 'watcher' in args ? args.watcher : null;
  if (typeof watcher === 'string') return watcher;
  return typeof watcher === 'object' && watcher !== null && 'name' in watcher && typeof watcher.name === 'string' ? watcher.name : null;
}

/** Calls single taps so that nothing they do reaches the caller but an answer: no exception, no endless wait, no rubbish. */
export class HookRunner {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onFailure: ((failure: HookFailure) => void) | undefined;
  readonly #waits = new Set<HookWait>();

  constructor({ clock, log, onFailure }: RunnerOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#onFailure = onFailure;
  }

  get waits(): readonly HookWait[] {
    return [...this.#waits];
  }

  /** Whether a tap of `event` is to be told of one; where it can't say, that is reported, and it is. */
  wants(tap: HookTap, event: EventName): boolean {
    if (tap.wants === undefined) return true;
    try {
      return tap.wants(event);
    } catch (cause) {
      this.#report({ tap, args: {}, value: undefined, started_ms: this.#clock.now() }, thrown(tap, cause), 0);
      return true;
    }
  }

  /** Calls a tap that has to answer at once. A promise from a `watch` is only looked at for its rejection. */
  callSync(tap: HookTap, args: object, value?: unknown): Answer {
    if (!tap.live) return NOTHING;
    const started_ms = this.#begin(tap);
    try {
      const returned = tap.invoke(args, value);
      // Nothing else has run meanwhile: an answer that took so long is worth no more than none.
      const time_ms = this.#clock.now() - started_ms;
      const isLate = time_ms > tap.deadline_ms;
      if (!isLate && (returned === undefined || returned === value)) return this.#keepNothing(tap, args, started_ms, time_ms);
      const call = { tap, args, value, started_ms };
      if (isThenable(returned)) this.#overhear(call, returned);
      return this.#conclude(call, isLate ? { error: tooLate(tap) } : { value: returned }, time_ms);
    } catch (cause) {
      const call = { tap, args, value, started_ms };
      return this.#conclude(call, { error: thrown(tap, cause) }, this.#since(call));
    }
  }

  /** Calls a tap and waits for its answer, until its deadline or its removal. */
  async call(tap: HookTap, args: object, value?: unknown): Promise<Answer> {
    return this.ask(tap, args, value);
  }

  /** The same, by a promise only where the tap returns one. */
  ask(tap: HookTap, args: object, value?: unknown): Answer | Promise<Answer> {
    if (!tap.live) return NOTHING;
    const started_ms = this.#begin(tap);
    let returned: unknown;
    try {
      returned = tap.invoke(args, value);
    } catch (cause) {
      const call = { tap, args, value, started_ms };
      return this.#conclude(call, { error: thrown(tap, cause) }, this.#since(call));
    }
    if (returned === undefined || returned === value) return this.#keepNothing(tap, args, started_ms, this.#clock.now() - started_ms);
    const call = { tap, args, value, started_ms };
    const conclude = (answer: Answer): Answer => this.#conclude(call, answer, this.#since(call));
    return isThenable(returned) ? this.#wait(tap, returned, started_ms).then(conclude) : conclude({ value: returned });
  }

  /** Returns when it is called, on the clock's `now()`. */
  #begin(tap: HookTap): number {
    tap.tally.calls += 1;
    return this.#clock.now();
  }

  /** It said nothing, or handed on what it was given, as most do: there is nothing to look at. */
  #keepNothing(tap: HookTap, args: object, started_ms: number, time_ms: number): Answer {
    tap.tally.time_ms += time_ms;
    tap.tally.recent.add(watcherOf(args), started_ms, time_ms, NOTHING_SAID);
    tap.told?.(tap.hook, null);
    return NOTHING;
  }

  #since({ started_ms }: Call): number {
    return this.#clock.now() - started_ms;
  }

  #wait(tap: HookTap, returned: PromiseLike<unknown>, since_ms: number): Promise<Answer> {
    return new Promise((resolve) => {
      const wait: HookWait = { hook: tap.hook, plugin: tap.plugin, since_ms };
      let open = true;
      const end = (answer: Answer): void => {
        if (!open) {
          const { plugin, hook } = tap;
          this.#log.debug('an answer came too late and was dropped', { plugin, hook, error: answer.error?.message });
          return;
        }
        open = false;
        timer[Symbol.dispose]();
        removal[Symbol.dispose]();
        this.#waits.delete(wait);
        resolve(answer);
      };
      const timer = this.#clock.setTimeout(() => {
        end({ error: tooLate(tap) });
      }, tap.deadline_ms);
      const removal = tap.onRetire(() => end(DROPPED));
      this.#waits.add(wait);
      Promise.resolve(returned).then(
        (value) => end({ value }),
        (cause: unknown) => end({ error: thrown(tap, cause) }),
      );
    });
  }

  #overhear(call: Call, returned: PromiseLike<unknown>): void {
    const { tap } = call;
    Promise.resolve(returned).then(
      () => {
        if (tap.live && tap.kind === 'watch') tap.told?.(tap.hook, null);
      },
      (cause: unknown) => {
        const { plugin, hook, kind } = tap;
        if (tap.live && kind === 'watch') this.#report(call, thrown(tap, cause), this.#since(call));
        else this.#log.debug('a rejection came too late and was dropped', { plugin, hook, error: messageOf(cause) });
      },
    );
  }

  /** @param time_ms how long it took */
  #conclude(call: Call, answer: Answer, time_ms: number): Answer {
    const { tap, value } = call;
    tap.tally.time_ms += time_ms;
    if (answer.error) return this.#report(call, answer.error, time_ms);
    const bad = checkResult(tap.hook, tap.kind, answer.value);
    if (bad) return this.#report(call, new RingmasterError('RM_HOOK_RESULT', [tap.plugin, tap.hook, bad.found, bad.allowed]), time_ms);
    this.#keep(call, time_ms, answer === DROPPED ? DROPPED_CALL : verdictOf(tap.kind, value, answer.value));
    // What a watch has promised is looked at when it is there.
    if (answer !== DROPPED && !isThenable(answer.value)) tap.told?.(tap.hook, null);
    return answer.value === null ? NOTHING : answer;
  }

  #keep({ tap, args, started_ms }: Call, time_ms: number, ending: Ending): void {
    tap.tally.recent.add(watcherOf(args), started_ms, time_ms, ending);
  }

  #report(call: Call, error: RingmasterError, time_ms: number): Answer {
    const { tap, args } = call;
    tap.tally.errors += 1;
    this.#keep(call, time_ms, { verdict: 'failed', detail: explain(error) });
    this.#tell(tap, args, error);
    tap.told?.(tap.hook, error);
    return { error };
  }

  #tell(tap: HookTap, args: object, error: RingmasterError): void {
    const { plugin, hook, ignore_failure: ignored } = tap;
    const watcher = watcherOf(args);
    this.#log.error(explain(error), { plugin, hook, watcher, code: error.code, ignored });
    if (hook === 'event') return;
    try {
      this.#onFailure?.({ hook, plugin, watcher, error, ignored });
    } catch (cause) {
      this.#log.error(`cannot report a failed hook: ${messageOf(cause)}`, { plugin, hook });
    }
  }
}

function tooLate({ plugin, hook, deadline_ms }: HookTap): RingmasterError {
  return new RingmasterError('RM_HOOK_TIMEOUT', [plugin, hook, deadline_ms]);
}

function thrown(tap: HookTap, cause: unknown): RingmasterError {
  const { plugin, hook } = tap;
  return new RingmasterError('RM_PLUGIN_FAILED', [plugin, `hook ${hook}`], { cause, context: { plugin, hook } });
}
