import { setMaxListeners } from 'node:events';
import { RingmasterError } from './errors.js';

export type Cleanup = () => void | PromiseLike<void>;

let observer: ((scope: Scope) => void) | undefined;

/** Has `fn` told of each scope that is made from now on, until disposed of; for leak checks in tests. */
export function observeScopes(fn: (scope: Scope) => void): Disposable {
  observer = fn;
  return {
    [Symbol.dispose]() {
      if (observer === fn) observer = undefined;
    },
  };
}

/**
 * Owns what was made for one purpose and undoes it, last first, when that purpose ends.
 *
 * Adding to a scope that has ended undoes the addition at once. Disposing twice is the same as once: both wait for the end.
 */
export class Scope implements AsyncDisposable {
  readonly name: string;
  readonly #cleanups = new Map<symbol, { readonly name: string; readonly run: Cleanup }>();
  readonly #abort = new AbortController();
  readonly #children = new Set<Scope>();
  readonly #abandonment: Promise<void>;
  #leave: () => void = () => {};
  #undoing: string | undefined;
  #disposal: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
    // Many may wait for the end of one scope; each gives up its listener when it has waited enough.
    setMaxListeners(0, this.#abort.signal);
    this.#abandonment = new Promise((resolve) => {
      this.#leave = resolve;
    });
    observer?.(this);
  }

  /** Aborted as the first act of disposal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get disposed(): boolean {
    return this.#disposal !== undefined;
  }

  /** Names of what is still owned, oldest first. */
  get owned(): readonly string[] {
    return [...this.#cleanups.values()].map((cleanup) => cleanup.name);
  }

  /** Remembers `run` for the end of this scope; disposing of what is returned does it now instead. */
  add(name: string, run: Cleanup): AsyncDisposable {
    const key = Symbol(name);
    const undo = async (): Promise<void> => {
      if (!this.#cleanups.delete(key)) return;
      await run();
    };
    this.#cleanups.set(key, { name, run });
    if (this.disposed) void undo();
    return { [Symbol.asyncDispose]: undo };
  }

  /** A scope that ends with this one at the latest. */
  child(name: string): Scope {
    const scope = new Scope(`${this.name}/${name}`);
    const key = Symbol(name);
    this.#children.add(scope);
    this.#cleanups.set(key, { name, run: () => scope.dispose() });
    scope.add('parent', () => {
      this.#children.delete(scope);
      this.#cleanups.delete(key);
    });
    if (this.disposed) void scope.dispose();
    return scope;
  }

  /**
   * Undoes everything, last first, going on after a failure.
   *
   * @throws AggregateError with every failure, once all has been tried
   */
  dispose(): Promise<void> {
    this.#disposal ??= this.#run();
    return this.#disposal;
  }

  /**
   * Waits for nothing any more: a disposal, under way or later, starts what is left and ends.
   *
   * @returns what it was waiting for, by scope and name
   */
  abandon(): readonly string[] {
    this.#leave();
    const below = [...this.#children].flatMap((child) => child.abandon());
    if (below.length > 0 || this.#undoing === undefined) return below;
    return [`${this.name}/${this.#undoing}`];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #run(): Promise<void> {
    this.#abort.abort(new RingmasterError('RM_CLOSED', [this.name]));
    const failures: unknown[] = [];
    for (const [key, cleanup] of [...this.#cleanups].reverse()) {
      if (!this.#cleanups.delete(key)) continue;
      this.#undoing = cleanup.name;
      try {
        await Promise.race([cleanup.run(), this.#abandonment]);
      } catch (cause) {
        failures.push(cause);
      }
    }
    this.#undoing = undefined;
    if (failures.length > 0) throw new AggregateError(failures, `cannot dispose of ${this.name}`);
  }
}
