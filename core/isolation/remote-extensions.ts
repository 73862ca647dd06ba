import type { Clock } from '../clock.js';
import type { RingmasterError } from '../errors.js';
import type { ExtensionPoint, ExtensionTypes } from '../extension-points.js';
import { isThenable } from '../hook-result.js';
import type { GuestLink } from './link.js';
import type { HostMessage } from './messages.js';

/** The points that a guest can add to, and what of each contribution is a function. A `stream` has to be where its bytes are. */
export const REMOTE_POINTS = {
  command: ['run'],
  metric: ['collect'],
  route: ['handle'],
  probe: ['probe'],
  config_source: ['read'],
} as const satisfies Partial<Record<ExtensionPoint, readonly string[]>>;

/** For an answer; a hung guest must not hold up who asks for longer. */
const DEADLINE_MS = 5000;

type ExtendMessage = HostMessage<'extend'>;

/** What a guest has added, which stands for the function of whichever guest it is by now. */
interface Added {
  readonly point: ExtensionPoint;
  readonly message: ExtendMessage;
  extension: number;
  registered?: AsyncDisposable;
  changed?: () => void;
}

export interface ExtensionsHost {
  readonly clock: Clock;
  extend<P extends ExtensionPoint>(point: P, contribution: ExtensionTypes[P]): AsyncDisposable;
  /** The guest that is up; undefined where there is none at present, and then `absence` says why. */
  link(): GuestLink | undefined;
  absence(): RingmasterError;
}

/** What one isolated plugin has added to the work of others; it stays where it is when the guest is started again. */
export class RemoteExtensions {
  readonly #host: ExtensionsHost;
  #all: readonly Added[] = [];

  constructor(host: ExtensionsHost) {
    this.#host = host;
  }

  /** Puts what a guest has added that is set up in place of that of the guest before. @throws RM_EXTENSION_INVALID, RM_EXTENSION_TAKEN */
  replace(messages: readonly ExtendMessage[]): void {
    const kept = new Set<Added>();
    const news: ExtendMessage[] = [];
    for (const message of messages) {
      const same = this.#all.find((one) => !kept.has(one) && isLike(one.message, message));
      if (same === undefined) news.push(message);
      else {
        same.extension = message.extension;
        kept.add(same);
      }
    }
    for (const one of this.#all) if (!kept.has(one)) void one.registered?.[Symbol.asyncDispose]();
    this.#all = this.#all.filter((one) => kept.has(one));
    for (const message of news) this.add(message);
    // Nobody knows what has changed while there was no guest.
    for (const one of kept) one.changed?.();
  }

  /** @throws RM_EXTENSION_INVALID, RM_EXTENSION_TAKEN */
  add(message: ExtendMessage): void {
    const point = message.point as keyof typeof REMOTE_POINTS;
    const added: Added = { point, message, extension: message.extension };
    const functions = Object.fromEntries(
      REMOTE_POINTS[point].map((name) => [name, (...args: readonly unknown[]) => this.#call(added, name, args)]),
    );
    const watch = (changed: () => void): Disposable => {
      added.changed = changed;
      return { [Symbol.dispose]: () => void delete added.changed };
    };
    const contribution = { ...message.contribution, ...functions, ...(message.watched && { watch }) };
    // It is checked there, as what comes from a plugin in the daemon is.
    added.registered = this.#host.extend(point, contribution as never);
    this.#all = [...this.#all, added];
  }

  remove(extension: number): void {
    for (const one of this.#all) if (one.extension === extension) void one.registered?.[Symbol.asyncDispose]();
    this.#all = this.#all.filter((one) => one.extension !== extension);
  }

  /** The guest says that `read` would give something else. */
  changed(extension: number): void {
    this.#all.find((one) => one.extension === extension)?.changed?.();
  }

  clear(): void {
    for (const one of this.#all) void one.registered?.[Symbol.asyncDispose]();
    this.#all = [];
  }

  async #call({ extension }: Added, name: string, args: readonly unknown[]): Promise<unknown> {
    const link = this.#host.link();
    if (link === undefined) throw this.#host.absence();
    const answer = link.call({ type: 'invoke', extension, function: name, args: args.slice(0, 1).map(plain) });
    let timer: Disposable | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.#host.clock.setTimeout(() => reject(new Error(`${link.name} gave no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

function isLike(one: ExtendMessage, other: ExtendMessage): boolean {
  const facts = ({ point, contribution, watched }: ExtendMessage): string => JSON.stringify([point, contribution, watched]);
  return facts(one) === facts(other);
}

/** What of an argument can cross the border: a request over HTTP has parts that can't. */
function plain(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || isThenable(argument)) return argument;
  const entries = Object.entries(argument).filter(([, value]) => !(value instanceof AbortSignal));
  return Object.fromEntries(entries.map(([key, value]) => [key, value instanceof URLSearchParams ? value.toString() : value]));
}
