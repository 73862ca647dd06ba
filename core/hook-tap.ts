import type { RingmasterError } from './errors.js';
import type { HookCalls } from './hook-calls.js';
import { HOOKS, type HookKind, type HookName, type TapOptions } from './hooks.js';

/** A tap's function, whatever the hook. */
export type TapFunction = (...args: readonly unknown[]) => unknown;

/** What the taps of one plugin on one hook have done so far. */
export interface Tally {
  readonly hook: HookName;
  readonly plugin: string;
  calls: number;
  errors: number;
  /** Time from calling to answering, waiting included. */
  time_ms: number;
  readonly recent: HookCalls;
  /** How many handles count here. */
  users: number;
}

/** Told how each call of a tap has ended; null: well. */
export type TapListener = (hook: HookName, failure: RingmasterError | null) => void;

const DEADLINE_MS = 5000;

/** One function on one hook, with what its owner asked for. */
export class HookTap {
  readonly hook: HookName;
  readonly kind: HookKind;
  readonly plugin: string;
  readonly tally: Tally;
  readonly told: TapListener | undefined;
  readonly stage: number;
  readonly before: readonly string[];
  readonly watcher: string | undefined;
  readonly deadline_ms: number;
  readonly ignore_failure: boolean;
  readonly awaited: boolean;
  readonly wants: TapOptions['wants'];
  readonly #call: TapFunction;
  /** Whether it is given a value to change, before the arguments. */
  readonly #changes: boolean;
  readonly #waits = new Set<() => void>();
  #live = true;

  constructor(tally: Tally, call: TapFunction, options: TapOptions, told?: TapListener) {
    this.hook = tally.hook;
    this.kind = HOOKS[tally.hook].kind;
    this.plugin = tally.plugin;
    this.#call = call;
    this.#changes = this.kind === 'decide' || this.kind === 'shape';
    this.tally = tally;
    this.told = told;
    this.stage = options.stage ?? 0;
    this.before = options.before ?? [];
    this.watcher = options.watcher;
    this.deadline_ms = options.deadline_ms ?? DEADLINE_MS;
    this.ignore_failure = options.ignore_failure ?? false;
    this.awaited = options.awaited ?? false;
    this.wants = options.wants;
  }

  /** False once the tap was removed: it is not called any more. */
  get live(): boolean {
    return this.#live;
  }

  /** Calls its function. @param value what it may change */
  invoke(args: object, value: unknown): unknown {
    return this.#changes ? this.#call(value, args) : this.#call(args);
  }

  /** Has `drop` called when the tap is removed, unless disposed of before. */
  onRetire(drop: () => void): Disposable {
    this.#waits.add(drop);
    return { [Symbol.dispose]: () => this.#waits.delete(drop) };
  }

  /** Ends every wait for this tap. */
  retire(): void {
    this.#live = false;
    for (const drop of [...this.#waits]) drop();
  }
}
