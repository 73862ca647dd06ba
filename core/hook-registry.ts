import type { Inspection } from './api.js';
import type { EventName } from './events.js';
import { freezeData } from './freeze.js';
import { HookCalls } from './hook-calls.js';
import { type CompiledHook, compileHook, type Decided, type Refusal } from './hook-compile.js';
import { orderTaps, unknownBefore } from './hook-order.js';
import { HookRunner, type HookWait, type RunnerOptions, watcherOf } from './hook-runner.js';
import { HookTap, type Tally, type TapFunction, type TapListener } from './hook-tap.js';
import type { HookArgs, HookHandle, HookName, HookOfKind, HookValue, Tap, TapOptions } from './hooks.js';
import type { Scope } from './scope.js';

/** The gate that has to be answered at once. */
export type SyncGate = 'before_signal';

/** What a plugin's taps of a hook have done. */
export type HookCount = Readonly<Pick<Tally, 'hook' | 'plugin' | 'calls' | 'errors' | 'time_ms'>>;

/** The taps of one hook and what was compiled of them: one for each watcher that has taps of its own, one for all others. */
interface Row {
  readonly taps: Set<HookTap>;
  readonly compiled: Map<string | null, CompiledHook>;
  /** How many taps each watcher has of its own; null: those for all. */
  readonly perWatcher: Map<string | null, number>;
}

/**
 * Every hook, its taps, and how to call it. Where nobody has tapped, calling costs nothing worth naming.
 *
 * Arguments are frozen in place; `args.watcher` is left alone.
 */
export class HookRegistry {
  readonly #runner: HookRunner;
  readonly #clock: RunnerOptions['clock'];
  readonly #log: RunnerOptions['log'];
  readonly #rows = new Map<HookName, Row>();
  readonly #tallies = new Map<string, Tally>();
  readonly #toldOf = new Set<string>();

  constructor(options: RunnerOptions) {
    this.#runner = new HookRunner(options);
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /**
   * The handles through which `owner` taps the hooks that it names.
   *
   * @param owner name of the plugin, or of whoever else taps, for reports and for `before`
   * @param scope removes the taps when it ends
   * @param told how each call of them ends
   */
  handles<H extends HookName>(owner: string, names: readonly H[], scope: Scope, told?: TapListener): { readonly [N in H]: HookHandle<N> } {
    const entries = names.map((name) => [name, this.#handle(owner, name, scope, told)] as const);
    return Object.freeze(Object.fromEntries(entries)) as { readonly [N in H]: HookHandle<N> };
  }

  /** Whether anybody has tapped this hook: for this watcher where one is given, for whichever otherwise. */
  used(name: HookName, watcher?: string): boolean {
    const row = this.#rows.get(name);
    if (row === undefined || row.taps.size === 0) return false;
    return watcher === undefined || row.perWatcher.has(null) || row.perWatcher.has(watcher);
  }

  /** Whether anybody is to be told of an event of this name. */
  wants(event: EventName): boolean {
    for (const tap of this.#rows.get('event')?.taps ?? []) if (this.#runner.wants(tap, event)) return true;
    return false;
  }

  /** Asks all in turn until one refuses; null: nobody did. Never rejects. */
  async gate<N extends Exclude<HookOfKind<'gate'>, SyncGate>>(name: N, args: HookArgs<N>): Promise<Refusal | null> {
    const hook = this.#compiled(name, args);
    return hook === null ? null : (((await hook(undefined, freezeArgs(args))) as Refusal | undefined) ?? null);
  }

  /** As `gate`, at once. */
  gateSync<N extends SyncGate>(name: N, args: HookArgs<N>): Refusal | null {
    const hook = this.#compiled(name, args);
    return hook === null ? null : ((hook(undefined, freezeArgs(args)) as Refusal | undefined) ?? null);
  }

  /**
   * The decision after everybody's say, and whose it is, by a promise only where a tap asked to be awaited; a failed tap leaves the one
   * before. Never throws or rejects.
   */
  decide<N extends HookOfKind<'decide'>>(
    name: N,
    value: HookValue<N>,
    args: HookArgs<N>,
  ): Decided<HookValue<N>> | Promise<Decided<HookValue<N>>> {
    const hook = this.#compiled(name, args);
    if (hook === null) return { value, by: null };
    return hook(value, freezeArgs(args)) as Decided<HookValue<N>> | Promise<Decided<HookValue<N>>>;
  }

  /**
   * The value as everybody wants it, by a promise only where somebody's answer is one. Rejects with RM_PLUGIN_FAILED that names the
   * plugin that failed.
   */
  shape<N extends HookOfKind<'shape'>>(name: N, value: HookValue<N>, args: HookArgs<N>): HookValue<N> | Promise<HookValue<N>> {
    const hook = this.#compiled(name, args);
    return hook === null ? value : (hook(value, freezeArgs(args)) as HookValue<N> | Promise<HookValue<N>>);
  }

  /** Waits for all, one after the other. Never rejects. */
  async step<N extends HookOfKind<'step'>>(name: N, args: HookArgs<N>): Promise<void> {
    const hook = this.#compiled(name, args);
    if (hook !== null) await hook(undefined, freezeArgs(args));
  }

  /** Calls a hook for those plugins alone that were set up after it was called for all. Never rejects. */
  async catchUp(name: 'boot' | 'ready', plugins: readonly string[]): Promise<void> {
    const taps = [...(this.#rows.get(name)?.taps ?? [])].filter((tap) => plugins.includes(tap.plugin));
    if (taps.length > 0) await compileHook(name, orderTaps(taps), this.#runner)(undefined, freezeArgs({}));
  }

  /** Tells all, at once. Never throws. */
  watch<N extends HookOfKind<'watch'>>(name: N, args: HookArgs<N>): void {
    this.#compiled(name, args)?.(undefined, freezeArgs(args));
  }

  /** The taps whose answers are waited for right now, longest wait first. */
  waitingFor(): readonly HookWait[] {
    return this.#runner.waits;
  }

  /** What each plugin's taps of each hook have done since the plugin was set up. */
  counts(): readonly HookCount[] {
    return [...this.#tallies.values()].map(({ hook, plugin, calls, errors, time_ms }) => ({ hook, plugin, calls, errors, time_ms }));
  }

  /** Counts, the last calls, and what is waited for. */
  inspect(): Inspection {
    const epoch_ms = this.#clock.wall() - this.#clock.now();
    const calls = [...this.#tallies.values()].flatMap(({ recent, hook, plugin }) => recent.list(hook, plugin, epoch_ms));
    calls.sort((a, b) => a.at - b.at);
    return { counts: this.counts(), calls, waiting: this.waitingFor() };
  }

  #handle<N extends HookName>(owner: string, name: N, scope: Scope, told?: TapListener): HookHandle<N> {
    const tally = this.#tally(owner, name, scope);
    return Object.freeze({
      tap: (fn: Tap<N>, options: TapOptions = {}): Disposable => {
        const tap = new HookTap(tally, fn as TapFunction, options, told);
        this.#add(tap);
        const owned = scope.add(`tap of ${name}`, () => this.#remove(tap));
        return { [Symbol.dispose]: () => void owned[Symbol.asyncDispose]() };
      },
    });
  }

  #tally(plugin: string, hook: HookName, scope: Scope): Tally {
    const key = `${hook} ${plugin}`;
    const tally = this.#tallies.get(key) ?? { hook, plugin, calls: 0, errors: 0, time_ms: 0, recent: new HookCalls(), users: 0 };
    tally.users += 1;
    this.#tallies.set(key, tally);
    scope.add(`counts of ${hook}`, () => {
      tally.users -= 1;
      if (tally.users === 0) this.#tallies.delete(key);
    });
    return tally;
  }

  #add(tap: HookTap): void {
    let row = this.#rows.get(tap.hook);
    if (row === undefined) {
      row = { taps: new Set(), compiled: new Map(), perWatcher: new Map() };
      this.#rows.set(tap.hook, row);
    }
    const watcher = tap.watcher ?? null;
    row.taps.add(tap);
    row.perWatcher.set(watcher, (row.perWatcher.get(watcher) ?? 0) + 1);
    row.compiled.clear();
  }

  #remove(tap: HookTap): void {
    tap.retire();
    const row = this.#rows.get(tap.hook);
    if (row === undefined || !row.taps.delete(tap)) return;
    const watcher = tap.watcher ?? null;
    const left = (row.perWatcher.get(watcher) ?? 0) - 1;
    if (left > 0) row.perWatcher.set(watcher, left);
    else row.perWatcher.delete(watcher);
    row.compiled.clear();
  }

  #compiled(name: HookName, args: object): CompiledHook | null {
    const row = this.#rows.get(name);
    if (row === undefined || row.taps.size === 0) return null;
    const { perWatcher } = row;
    const forAll = perWatcher.has(null);
    const watcher = forAll && perWatcher.size === 1 ? null : watcherOf(args);
    const key = watcher !== null && perWatcher.has(watcher) ? watcher : null;
    if (key === null && !forAll) return null;
    let hook = row.compiled.get(key);
    if (hook === undefined) {
      this.#tellUnknown(name, row);
      const taps = [...row.taps].filter((tap) => tap.watcher === undefined || tap.watcher === key);
      hook = compileHook(name, orderTaps(taps), this.#runner);
      row.compiled.set(key, hook);
    }
    return hook;
  }

  #tellUnknown(hook: HookName, row: Row): void {
    for (const { plugin, name } of unknownBefore([...row.taps])) {
      const key = `${hook} ${plugin} ${name}`;
      if (this.#toldOf.has(key)) continue;
      this.#toldOf.add(key);
      this.#log.warn(`plugin "${plugin}" wants to come before "${name}" in hook ${hook}, which has not tapped it; ignored`, {
        plugin,
        hook,
      });
    }
  }
}

function freezeArgs<T extends object>(args: T): T {
  for (const key in args) if (key !== 'watcher') freezeData(args[key]);
  return Object.freeze(args);
}
