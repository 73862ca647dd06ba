import { messageOf, RingmasterError } from '../errors.js';
import { EVENTS, type EventBodies, type EventName } from '../events.js';
import type { HookName } from '../hooks.js';
import type { PluginContext } from '../plugin.js';
import type { Endpoint } from './endpoint.js';
import { errorOf } from './faults.js';
import { GuestLink } from './link.js';
import type { HostMessage, ToHost } from './messages.js';
import { Mirror } from './mirror.js';
import { RemoteExtensions } from './remote-extensions.js';
import { type Handles, RemoteTaps } from './remote-taps.js';
import { carryOut } from './requests.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A guest that lived this long was well: its end is the first again. */
const STABLE_MS = 30_000;
/** It is started again after so many ends in a row, and no more. */
const MOST_FAILURES = 5;
/** For setting up again; the first time the plugin container has a deadline of its own. */
const SETUP_MS = 10_000;
/** So many requests of a guest may be under way. */
const MOST_REQUESTS = 1000;

/** The hooks that say what a guest's picture of the supervisor has missed. */
export const MIRROR_HOOKS = ['event', 'state_changed', 'watcher_added', 'watcher_removed', 'config_applied', 'boot', 'ready'] as const;

export interface HostOptions {
  readonly context: PluginContext<never, HookName>;
  readonly describe: HostMessage<'describe'>;
  readonly patience_ms: number;
  start(): Promise<Endpoint>;
}

/** One guest, from its start to its end. */
interface Run {
  readonly link: GuestLink;
  readonly mirror: Mirror;
  readonly began_ms: number;
  /** Taps made before it was ready. */
  readonly taps: HostMessage<'tap'>[];
  /** What was added before it was ready. */
  readonly extensions: HostMessage<'extend'>[];
  requests: number;
  state: 'starting' | 'setting_up' | 'up' | 'failed';
  settle(error?: Error): void;
}

/** An isolated plugin as the daemon sees it: starts its guest, stands in for it, and starts it again when it has ended. */
export class IsolationHost {
  readonly #options: HostOptions;
  readonly #context: HostOptions['context'];
  readonly #taps: RemoteTaps;
  readonly #extensions: RemoteExtensions;
  #run: Run | undefined;
  #failures = 0;
  #closed = false;
  #flush: Disposable | undefined;
  /** What there is instead of a guest. */
  #absence = 'is not set up yet';

  constructor(options: HostOptions) {
    this.#options = options;
    this.#context = options.context;
    const guest = {
      link: () => (this.#run?.state === 'up' ? this.#run.link : undefined),
      absence: () => new RingmasterError('RM_PLUGIN_GUEST', [options.describe.name, this.#absence]),
    };
    const { clock, extend } = options.context;
    this.#extensions = new RemoteExtensions({ ...guest, clock, extend });
    this.#taps = new RemoteTaps({
      ...guest,
      handles: options.context.hooks as Handles,
      touch: (watcher) => this.#run?.mirror.touch(watcher),
    });
  }

  /** Starts the guest and sets it up. @throws Error that says what it, or its end, was */
  async start(): Promise<void> {
    const { scope, hooks } = this.#context;
    scope.add('guest', () => this.#close());
    hooks.event.tap(({ watcher }) => this.#changed(watcher));
    for (const name of ['state_changed', 'watcher_added', 'watcher_removed'] as const) {
      hooks[name].tap(({ watcher }) => this.#changed(watcher.name));
    }
    const all = (): void => {
      this.#run?.mirror.touchAll();
      this.#changed();
    };
    for (const name of ['config_applied', 'ready'] as const) hooks[name].tap(all);
    // The watchers of the config are there now, and before any other tap of boot.
    hooks.boot.tap(all, { stage: Number.MIN_SAFE_INTEGER });
    await this.#begin();
  }

  async #begin(): Promise<void> {
    const { context, patience_ms, start } = this.#options;
    const mirror = new Mirror(context.supervisor, (watcher) => context.configFor(watcher));
    let settle: Run['settle'] = () => {};
    const ready = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    const listener = {
      message: (message: ToHost): void => this.#receive(run, message),
      news: () => (run.state === 'starting' ? [] : mirror.news()),
    };
    const link = new GuestLink(await start(), listener, context.log);
    const run: Run = { link, mirror, began_ms: context.clock.now(), taps: [], extensions: [], requests: 0, state: 'starting', settle };
    this.#run = run;
    if (this.#closed) link.abort('was closed');
    link.expectWord(patience_ms);
    void link.ended.then((why) => {
      settle(new Error(`${link.name} ${why}`));
      this.#ended(run, why);
    });
    try {
      await ready;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  #receive(run: Run, message: ToHost): void {
    const { link } = run;
    const { context, describe, patience_ms } = this.#options;
    if (run.state === 'starting' && message.type !== 'describe') {
      link.abort(`said ${message.type} before it said what it is`);
      return;
    }
    switch (message.type) {
      case 'describe':
        if (run.state !== 'starting' || JSON.stringify(message) !== JSON.stringify(describe)) {
          link.abort('said that it is another plugin than before');
          return;
        }
        run.state = 'setting_up';
        link.send({ type: 'setup', config: { ...(context.config as object) }, directory: context.directory });
        link.watch(patience_ms);
        return;
      case 'tap':
        this.#tap(run, message);
        return;
      case 'untap':
        if (run.state === 'up') this.#taps.remove(message.tap);
        else run.taps.splice(0, run.taps.length, ...run.taps.filter(({ tap }) => tap !== message.tap));
        return;
      case 'ready':
        if (run.state === 'setting_up' && this.#run === run) this.#ready(run);
        return;
      case 'extend':
        this.#extend(run, message);
        return;
      case 'withdraw':
        if (run.state === 'up') this.#extensions.remove(message.extension);
        else run.extensions.splice(0, run.extensions.length, ...run.extensions.filter((one) => one.extension !== message.extension));
        return;
      case 'changed':
        if (run.state === 'up') this.#extensions.changed(message.extension);
        return;
      case 'failed':
        if (run.state === 'setting_up' && message.what === 'setup') run.settle(errorOf(message.error));
        else context.report(message.what, errorOf(message.error));
        return;
      case 'request':
        this.#request(run, message);
        return;
      case 'detach':
        if (run.state !== 'up') link.abort('gave up before it was ready');
        // Whoever waits for its setup goes on first.
        else context.clock.setImmediate(() => context.detach(message.why));
        return;
      case 'emit':
        this.#emit(message);
        return;
      case 'log':
        context.log[message.level](message.message, message.fields);
        return;
      default:
        return;
    }
  }

  #ready(run: Run): void {
    try {
      run.state = 'up';
      this.#taps.replace(run.taps);
      this.#extensions.replace(run.extensions);
      run.settle();
    } catch (cause) {
      // Whoever waits for it ends it, and says so.
      run.state = 'failed';
      run.settle(cause instanceof Error ? cause : new Error(messageOf(cause)));
    }
  }

  #extend(run: Run, message: HostMessage<'extend'>): void {
    if (run.state !== 'up') {
      run.extensions.push(message);
      return;
    }
    try {
      this.#extensions.add(message);
    } catch (cause) {
      this.#context.report(`extension point ${message.point}`, cause);
    }
  }

  #tap(run: Run, message: HostMessage<'tap'>): void {
    if (!this.#options.describe.hooks.includes(message.hook)) run.link.abort(`tapped hook ${message.hook}, which it had not declared`);
    else if (run.state === 'up') this.#taps.add(message);
    else run.taps.push(message);
  }

  #request(run: Run, { call, watcher, method, args }: HostMessage<'request'>): void {
    if (run.requests >= MOST_REQUESTS) {
      run.link.reply(call, Promise.reject(new Error(`${MOST_REQUESTS} requests are under way already`)));
      return;
    }
    run.requests += 1;
    const done = carryOut(this.#context.supervisor, watcher, method, args).finally(() => {
      run.requests -= 1;
      if (watcher !== undefined) run.mirror.touch(watcher);
    });
    run.link.reply(call, done);
  }

  #emit({ watcher, name, body }: HostMessage<'emit'>): void {
    if (Object.hasOwn(EVENTS, name)) this.#context.emit(watcher, name as EventName, body as unknown as EventBodies[EventName]);
    else this.#context.report('emit', new Error(`there is no event ${name}, only ${Object.keys(EVENTS).join(', ')}`));
  }

  /** Tells the guest of what has changed, when everything that changes with it has. */
  #changed(watcher?: string): void {
    if (watcher !== undefined) this.#run?.mirror.touch(watcher);
    this.#flush ??= this.#context.clock.setImmediate(() => {
      this.#flush = undefined;
      this.#run?.link.refresh();
    });
  }

  #ended(run: Run, why: string): void {
    if (this.#run === run) this.#run = undefined;
    if (this.#closed || run.state !== 'up') return;
    const { context } = this.#options;
    this.#fail(new Error(`${run.link.name} ${why}`), context.clock.now() - run.began_ms);
  }

  /** Says that the guest has ended, and when there will be another. */
  #fail(cause: Error, lived_ms: number): void {
    const { context } = this.#options;
    this.#failures = lived_ms >= STABLE_MS ? 1 : this.#failures + 1;
    if (this.#failures > MOST_FAILURES) {
      this.#taps.clear();
      this.#extensions.clear();
      this.#absence = 'has ended too often and is not started again';
      context.detach(`its guest has ended ${this.#failures} times in a row`, cause);
      return;
    }
    const delay_ms = Math.min(FIRST_DELAY_MS * 3 ** (this.#failures - 1), LONGEST_DELAY_MS);
    this.#absence = `has ended and is started again in ${delay_ms} ms: ${messageOf(cause)}`;
    context.report(`isolation: its guest has ended and is started again in ${delay_ms} ms`, cause);
    context.clock.setTimeout(() => void this.#again(), delay_ms);
  }

  async #again(): Promise<void> {
    const { clock } = this.#context;
    const began_ms = clock.now();
    const timer = clock.setTimeout(() => this.#run?.link.abort(`did not finish setup within ${SETUP_MS} ms`), SETUP_MS);
    try {
      await this.#begin();
      timer[Symbol.dispose]();
      const { missed } = this.#taps;
      this.#taps.missed = 0;
      this.#context.log.info(`its guest is up again; it was not told of ${missed} things meanwhile`);
      await this.#taps.catchUp();
    } catch (error) {
      timer[Symbol.dispose]();
      if (!this.#closed && this.#run === undefined)
        this.#fail(error instanceof Error ? error : new Error(messageOf(error)), clock.now() - began_ms);
      else if (!this.#closed) this.#context.report('hook boot or ready', error);
    }
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#absence = 'is closed';
    await this.#run?.link.close();
  }
}
