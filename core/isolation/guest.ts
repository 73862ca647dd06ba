import type { WatcherApi } from '../api.js';
import { systemClock } from '../clock.js';
import { messageOf, RingmasterError } from '../errors.js';
import type { ExtensionPoint, ExtensionTypes } from '../extension-points.js';
import { freezeData } from '../freeze.js';
import type { HookHandle, HookName, Tap, TapOptions } from '../hooks.js';
import type { LogFields, Logger } from '../log.js';
import type { AnyPlugin, PluginContext } from '../plugin.js';
import { scopedClock } from '../plugin-clock.js';
import { Scope } from '../scope.js';
import { errorOf, faultOf } from './faults.js';
import { GuestExtensions } from './guest-extensions.js';
import { GuestMirror } from './guest-mirror.js';
import { type GuestMessage, type HostMessage, PROTOCOL, type ToGuest, type ToHost } from './messages.js';

type AnyTap = (...given: readonly unknown[]) => unknown;
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A plugin in its thread or process: the same context as in the daemon, by messages. */
export class Guest {
  readonly #plugin: AnyPlugin;
  readonly #send: (message: ToHost, droppable?: boolean) => void;
  readonly #tier: string;
  readonly #scope: Scope;
  readonly #mirror: GuestMirror;
  readonly #extensions: GuestExtensions;
  readonly #taps = new Map<number, AnyTap>();
  readonly #waiting = new Map<number, Waiting>();
  #made = 0;
  #isReady = false;

  constructor(plugin: AnyPlugin, tier: string, send: (message: ToHost, droppable?: boolean) => void) {
    this.#plugin = plugin;
    this.#tier = tier;
    this.#send = send;
    this.#scope = new Scope(`plugin ${plugin.name}`);
    this.#mirror = new GuestMirror(
      (watcher, method, args) => this.#ask(watcher, method, args),
      (what, promise) => void promise.then(undefined, (cause: unknown) => this.#failed(what, cause)),
    );
    this.#extensions = new GuestExtensions({
      plugin: plugin.name,
      tier,
      scope: this.#scope,
      supervisor: this.#mirror.api,
      send: (message) => send(message),
    });
  }

  /** Says what the plugin is. */
  describe(): void {
    const { name, summary, schema, hooks = [], per_watcher = false, requires = [], applies = 'live', probes = [], watchers } = this.#plugin;
    if (watchers !== undefined || applies === 'watchers') {
      throw new RingmasterError('RM_PLUGIN_ISOLATION', [name, this.#tier, 'it brings watchers, which only a plugin in the daemon can']);
    }
    const types = probes.map((probe) => ({ name: probe.name, summary: probe.summary, schema: { ...probe.schema } }));
    const lists = { hooks: [...hooks], requires: [...requires], probes: types };
    this.#send({ type: 'describe', protocol: PROTOCOL, name, summary, schema: { ...schema }, ...lists, per_watcher, applies });
  }

  receive(message: Exclude<ToGuest, GuestMessage<'close'>>): void {
    switch (message.type) {
      case 'supervisor':
        this.#mirror.supervisor(message);
        return;
      case 'watcher':
        this.#mirror.watcher(message);
        return;
      case 'watcher_removed':
        this.#mirror.removed(message.name);
        return;
      case 'setup':
        void this.#setup(message);
        return;
      case 'hook':
        void this.#call(message);
        return;
      case 'invoke':
        void this.#invoke(message);
        return;
      case 'reply':
        this.#reply(message);
        return;
      case 'ping':
        this.#send({ type: 'pong' });
    }
  }

  /** Undoes what the plugin made, last first. */
  async close(): Promise<void> {
    try {
      await this.#scope.dispose();
    } catch (cause) {
      for (const error of cause instanceof AggregateError ? cause.errors : [cause]) this.#failed('closing', error);
    }
  }

  async #setup({ config, directory }: GuestMessage<'setup'>): Promise<void> {
    try {
      await this.#plugin.setup(this.#context(freezeData(config), directory) as never);
      this.#isReady = true;
      this.#send({ type: 'ready' });
    } catch (cause) {
      this.#failed('setup', cause);
    }
  }

  async #call({ tap, call, hook, value, args }: GuestMessage<'hook'>): Promise<void> {
    const fn = this.#taps.get(tap);
    const { watcher } = args;
    // An event names its watcher, and so it does in the daemon.
    const whole = typeof watcher === 'string' && hook !== 'event' ? { ...args, watcher: this.#mirror.view(watcher) } : args;
    for (const [key, part] of Object.entries(whole)) if (key !== 'watcher') freezeData(part);
    const input = [...(value === undefined ? [] : [freezeData(value)]), Object.freeze(whole)];
    try {
      const answer = await fn?.(...input);
      if (call !== undefined) this.#send({ type: 'answer', call, ...(answer === undefined ? {} : { value: answer }) });
    } catch (cause) {
      if (call === undefined) this.#failed(`hook ${hook}`, cause);
      else this.#send({ type: 'answer', call, error: faultOf(cause) });
    }
  }

  async #invoke(message: GuestMessage<'invoke'>): Promise<void> {
    const { call } = message;
    try {
      const answer = await this.#extensions.invoke(message);
      this.#send({ type: 'answer', call, ...(answer === undefined ? {} : { value: answer }) });
    } catch (cause) {
      this.#send({ type: 'answer', call, error: faultOf(cause) });
    }
  }

  #reply({ call, value, error }: GuestMessage<'reply'>): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (error) waiting?.reject(errorOf(error));
    else waiting?.resolve(value);
  }

  #ask(watcher: string | undefined, method: string, args: readonly unknown[]): Promise<unknown> {
    const call = ++this.#made;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      this.#send({ type: 'request', call, method, args: [...args], ...(watcher === undefined ? {} : { watcher }) });
    });
  }

  #failed(what: string, cause: unknown): void {
    this.#send({ type: 'failed', what, error: faultOf(cause) });
  }

  #context(config: Readonly<Record<string, unknown>>, directory: string): PluginContext {
    const scope = this.#scope;
    const hooks = this.#plugin.hooks ?? [];
    return Object.freeze({
      config,
      configFor: (watcher: WatcherApi) => {
        const own = this.#plugin.per_watcher === true ? this.#mirror.configFor(watcher.name) : undefined;
        return own === undefined ? config : own;
      },
      hooks: Object.fromEntries(hooks.map((name) => [name, this.#handle(name)])) as PluginContext<never, HookName>['hooks'],
      supervisor: this.#mirror.api,
      emit: (watcher: string, name: string, body: object) => this.#send({ type: 'emit', watcher, name, body: { ...body } }),
      keep: () => this.#onlyInDaemon('keep: values are kept only for plugins in the daemon'),
      clock: scopedClock(systemClock, scope, {
        succeeded: () => undefined,
        failed: (cause) => this.#failed('a timer', cause),
      }),
      random: Math.random,
      log: this.#logger({}),
      scope,
      directory,
      signal: scope.signal,
      report: (what: string, cause: unknown) => this.#failed(what, cause),
      detach: (why: string, cause?: unknown) => this.#detach(why, cause),
      provide: (service: string) => this.#unserved(service),
      service: (service: string) => this.#unserved(service),
      extend: <P extends ExtensionPoint>(point: P, contribution: ExtensionTypes[P]) => this.#extensions.extend(point, contribution),
      extensions: (point: string) => this.#extensions.list(point),
    });
  }

  #detach(why: string, cause: unknown): void {
    if (!this.#isReady) throw new Error(why, { cause });
    this.#send({ type: 'detach', why: cause === undefined ? why : `${why}; the last: ${messageOf(cause)}` });
  }

  #unserved(service: string): never {
    this.#onlyInDaemon(`service "${service}": services are only for plugins in the daemon`);
  }

  #onlyInDaemon(why: string): never {
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [this.#plugin.name, this.#tier, why]);
  }

  #handle<N extends HookName>(hook: N): HookHandle<N> {
    return Object.freeze({
      tap: (fn: Tap<N>, options: TapOptions = {}): Disposable => {
        const tap = ++this.#made;
        const { stage, before, watcher, deadline_ms, ignore_failure, wants } = options;
        this.#taps.set(tap, wants === undefined ? (fn as AnyTap) : (tellWanted(wants, fn as Tap<'event'>) as AnyTap));
        const given = Object.entries({ stage, before, watcher, deadline_ms, ignore_failure }).filter(([, value]) => value !== undefined);
        this.#send({ type: 'tap', tap, hook, options: Object.fromEntries(given) as HostMessage<'tap'>['options'] });
        const owned = this.#scope.add(`tap of ${hook}`, () => {
          this.#taps.delete(tap);
          this.#send({ type: 'untap', tap });
        });
        return { [Symbol.dispose]: () => void owned[Symbol.asyncDispose]() };
      },
    });
  }

  #logger(fields: LogFields): Logger {
    const at =
      (level: HostMessage<'log'>['level']) =>
      (message: string, more: LogFields = {}): void =>
        this.#send({ type: 'log', level, message: String(message), fields: { ...fields, ...more } }, true);
    const child = (more: LogFields): Logger => this.#logger({ ...fields, ...more });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child };
  }
}

/** What crosses the border is told of each event: which ones are wanted is known on this side. */
function tellWanted(wants: NonNullable<TapOptions['wants']>, fn: Tap<'event'>): Tap<'event'> {
  return (event) => (wants(event.name) ? fn(event) : undefined);
}
