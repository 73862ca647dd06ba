import { isSame } from '../config/diff.js';
import type { RingmasterError } from '../errors.js';
import type { HookHandle, HookName, TapOptions } from '../hooks.js';
import { HOOKS } from '../hooks.js';
import type { GuestLink } from './link.js';
import type { HostMessage } from './messages.js';

/** What holds back the respawn of one watcher, at the longest: a tap may ask for less, or for this much. */
const RESPAWN_MS = { usual: 100, longest: 1000 } as const;

/** A hook's handle, whichever it is. */
type AnyHandle = { tap(fn: (...given: readonly unknown[]) => unknown, options: TapOptions): Disposable };
export type Handles = Readonly<Partial<Record<HookName, HookHandle<never> | AnyHandle>>>;
type TapMessage = HostMessage<'tap'>;

/** A tap of the daemon's that stands for one of the guest's, whichever guest it is by now. */
interface Slot {
  readonly hook: HookName;
  readonly options: object;
  tap: number;
  readonly registered: Disposable;
}

export interface TapsHost {
  readonly handles: Handles;
  /** The guest that is up; undefined where there is none at present, and then `absence` says why. */
  link(): GuestLink | undefined;
  absence(): RingmasterError;
  /** A watcher that a tap is about to be called for. */
  touch(watcher: string): void;
}

/** The taps of one isolated plugin, which stay where they are in their hooks when its guest is started again. */
export class RemoteTaps {
  readonly #host: TapsHost;
  /** Hooks that are called once in the life of a plugin, and have been. */
  readonly #passed = new Set<HookName>();
  #slots: readonly Slot[] = [];
  /** How many times it was to be told of something while there was no guest. */
  missed = 0;

  constructor(host: TapsHost) {
    this.#host = host;
  }

  /** Puts the taps of a guest that is set up in place of those of the guest before. */
  replace(taps: readonly TapMessage[]): void {
    const [before, kept] = [this.#slots, new Set<Slot>()];
    this.#slots = [];
    for (const message of taps) {
      const same = before.find((slot) => !kept.has(slot) && slot.hook === message.hook && isSame(slot.options, message.options));
      if (same) {
        same.tap = message.tap;
        kept.add(same);
        this.#slots = [...this.#slots, same];
      } else {
        this.add(message);
      }
    }
    for (const slot of before) if (!kept.has(slot)) slot.registered[Symbol.dispose]();
  }

  add({ tap, hook, options }: TapMessage): void {
    const name = hook as HookName;
    const handle = this.#host.handles[name] as AnyHandle;
    const registered = handle.tap((...given) => this.#call(slot, given), { ...options, ...patience(name, options) });
    const slot: Slot = { hook: name, options, tap, registered };
    this.#slots = [...this.#slots, slot];
  }

  remove(tap: number): void {
    for (const slot of this.#slots) if (slot.tap === tap) slot.registered[Symbol.dispose]();
    this.#slots = this.#slots.filter((slot) => slot.tap !== tap);
  }

  clear(): void {
    for (const slot of this.#slots) slot.registered[Symbol.dispose]();
    this.#slots = [];
  }

  /** Calls the taps of hooks that were over before this guest was there. @throws Error of the first that fails */
  async catchUp(): Promise<void> {
    for (const hook of ['boot', 'ready'] as const) {
      if (!this.#passed.has(hook)) continue;
      for (const slot of this.#slots.filter((one) => one.hook === hook)) await this.#call(slot, [{}]);
    }
  }

  #call(slot: Slot, given: readonly unknown[]): unknown {
    const { hook, tap } = slot;
    if (hook === 'boot' || hook === 'ready') this.#passed.add(hook);
    const link = this.#host.link();
    const { kind } = HOOKS[hook];
    const args = this.#encode(given.at(-1) as object, hook !== 'output');
    if (kind === 'watch') {
      if (link) link.notify({ type: 'hook', tap, hook, args });
      else this.missed += 1;
      return undefined;
    }
    // What that means is for the hook's kind to say.
    if (!link) throw this.#host.absence();
    if (kind !== 'decide' && kind !== 'shape') return link.call({ type: 'hook', tap, hook, args });
    const [value] = given;
    if (hook !== 'spawn_options') return link.call({ type: 'hook', tap, hook, value, args });
    // Where output goes is an object of the daemon's: it stays here.
    const { stdout, stderr, ...plain } = value as { readonly stdout?: object; readonly stderr?: object };
    const answer = link.call({ type: 'hook', tap, hook, value: plain, args });
    return answer.then((next) =>
      next && typeof next === 'object' ? { ...(stdout && { stdout }), ...(stderr && { stderr }), ...next } : next,
    );
  }

  /** Arguments with the watcher as its name. @param touched whether it may have changed since it was told of */
  #encode(args: object, touched: boolean): Record<string, unknown> {
    if (!('watcher' in args)) return { ...args };
    const { watcher, ...rest } = args as { readonly watcher: string | { readonly name: string } };
    const name = typeof watcher === 'string' ? watcher : watcher.name;
    if (touched) this.#host.touch(name);
    return { watcher: name, ...rest };
  }
}

/** A decision that comes from elsewhere is waited for, but not long. */
function patience(hook: HookName, { deadline_ms }: TapOptions): TapOptions {
  if (HOOKS[hook].kind !== 'decide') return {};
  return { awaited: true, deadline_ms: Math.min(deadline_ms ?? RESPAWN_MS.usual, RESPAWN_MS.longest) };
}
