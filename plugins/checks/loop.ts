import { type Check, type Clock, type EventBodies, type Logger, messageOf, type SupervisorApi, type WatcherApi } from '../../core/index.js';
import { HEALTHY, onResult } from './policy.js';

export interface LoopHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly supervisor: Pick<SupervisorApi, 'find'>;
  emit<N extends 'check_failed' | 'check_recovered'>(watcher: string, name: N, body: EventBodies[N]): void;
}

/** One check, tried again and again. */
export class CheckLoop<T> implements AsyncDisposable {
  readonly #check: Check<T>;
  readonly #host: LoopHost;
  readonly #end = new AbortController();
  #health = HEALTHY;
  #timer: Disposable;
  #round: Promise<void> = Promise.resolve();

  constructor(check: Check<T>, host: LoopHost) {
    this.#check = check;
    this.#host = host;
    this.#timer = this.#arm(check.loop_rate_ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]();
    this.#end.abort(new Error('the check is closed'));
    await this.#round;
  }

  #arm(delay_ms: number): Disposable {
    return this.#host.clock.setTimeout(() => {
      this.#round = this.#try();
    }, delay_ms);
  }

  async #try(): Promise<void> {
    const { clock } = this.#host;
    const { failures, loop_rate_ms } = this.#check;
    const began_ms = clock.now();
    let error: unknown = null;
    try {
      const value = await this.#probe();
      this.#check.passed(value, clock.now() - began_ms);
    } catch (cause) {
      if (this.#end.signal.aborted) return;
      error = cause;
      this.#check.failed(cause);
    }
    if (this.#end.signal.aborted) return;
    const { health, verdict } = onResult(this.#health, error === null, failures);
    this.#health = health;
    if (verdict === 'recover') this.#recovered();
    else if (verdict !== 'none') this.#act(messageOf(error), verdict === 'fail');
    this.#timer = this.#arm(Math.max(0, began_ms + loop_rate_ms - clock.now()));
  }

  /** One try; ends when its time is over even where the probe does not listen. */
  async #probe(): Promise<T> {
    const { clock } = this.#host;
    const { timeout_ms } = this.#check;
    const attempt = new AbortController();
    const close = (): void => attempt.abort(this.#end.signal.reason);
    this.#end.signal.addEventListener('abort', close);
    using _ = clock.setTimeout(() => attempt.abort(new Error(`no answer within ${timeout_ms / 1000} s`)), timeout_ms);
    try {
      return await Promise.race([this.#check.probe(attempt.signal), aborted(attempt.signal)]);
    } finally {
      this.#end.signal.removeEventListener('abort', close);
    }
  }

  #recovered(): void {
    const { clock, log, supervisor, emit } = this.#host;
    const { name, watcher, action } = this.#check;
    log.info(`${name} passes again`);
    const target = watcher === null ? undefined : supervisor.find(watcher);
    if (target !== undefined && action === 'event') emit(target.name, 'check_recovered', { name, time: clock.wall() / 1000 });
  }

  #act(error: string, first: boolean): void {
    const { clock, log, supervisor, emit } = this.#host;
    const { name, watcher, action } = this.#check;
    const target = watcher === null ? undefined : supervisor.find(watcher);
    if (target === undefined) {
      const known = watcher === null ? '' : `, and there is no watcher ${watcher} to ${action}`;
      if (first) log.warn(`${name} failed: ${error}${known}`);
    } else if (action === 'event') {
      if (!first) return;
      log.warn(`${name} failed: ${error}`, { watcher: target.name });
      this.#check.acts();
      emit(target.name, 'check_failed', { name, time: clock.wall() / 1000, error });
    } else if (target.status === 'active') {
      log.warn(`${name} failed: ${error}; ${action} of ${target.name}`);
      this.#check.acts();
      this.#command(target, action);
    } else if (first) log.warn(`${name} failed: ${error}; ${target.name} is ${target.status} and left so`);
  }

  #command(target: WatcherApi, action: 'restart' | 'stop'): void {
    target[action]().catch((cause: unknown) => {
      this.#host.log.error(`cannot ${action} ${target.name}: ${messageOf(cause)}`);
    });
  }
}

/** Is rejected when `signal` is aborted, and else never settles. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
