import type { PluginContext, WatcherApi } from '../../core/index.js';
import type { Notification } from './messages.js';
import { type Monitor, patienceOf } from './monitor.js';
import type { Options, schema } from './schema.js';
import { type Session, Sessions } from './sessions.js';

type Context = Pick<PluginContext<typeof schema>, 'configFor' | 'supervisor' | 'clock' | 'log'>;
type Replace = (watcher: WatcherApi, pid: number, options: Options, reason: string) => void;

/** The signs of life that processes with the option `notify` give, and whether they are ready. */
export class Notifications implements Disposable {
  /** What a tap that waits for readiness has for a deadline: it ends by itself before that. */
  static readonly longest_ms = 2 ** 31 - 1;
  readonly #context: Context;
  readonly #monitor: Monitor;
  readonly #replace: Replace;
  readonly #sessions: Sessions;
  /** What ends the wait for a process to be ready. */
  readonly #waiting = new Map<Session, () => void>();

  constructor(context: Context, monitor: Monitor, replace: Replace) {
    this.#context = context;
    this.#monitor = monitor;
    this.#replace = replace;
    this.#sessions = new Sessions(context, (session, notification) => this.#heard(session, notification));
  }

  /** What a process that is about to be spawned gets in its environment; null where it has no socket. */
  async prepare(watcher: WatcherApi, wid: number): Promise<Readonly<Record<string, string>> | null> {
    const options = this.#context.configFor(watcher);
    const session = options?.notify === true ? await this.#sessions.open(watcher, wid, options) : null;
    return session === null ? null : { NOTIFY_SOCKET: session.path, WATCHDOG_USEC: String(patienceOf(session.options) * 1000) };
  }

  /** Watches a process from now on, or from when it is ready; resolves when it need not be waited for. */
  spawned(watcher: WatcherApi, wid: number, pid: number): Promise<void> | undefined {
    const session = this.#sessions.begin(watcher, wid, pid);
    if (session === null) return undefined;
    const { ready_timeout } = session.options;
    if (ready_timeout === null || session.isReady) {
      this.#monitor.add(pid, watcher.name, session.options);
      return undefined;
    }
    // Whoever is not ready sends no heartbeats yet.
    this.#monitor.remove(pid);
    return new Promise((resolve) => {
      const timer = this.#context.clock.setTimeout(() => {
        this.#replace(watcher, pid, session.options, `was not ready within ${ready_timeout} s`);
      }, ready_timeout * 1000);
      this.#waiting.set(session, () => {
        timer[Symbol.dispose]();
        this.#waiting.delete(session);
        resolve();
      });
    });
  }

  /** Goes on with a process that was there before the plugin, or before the supervisor. */
  async resume(watcher: WatcherApi, wid: number, pid: number): Promise<void> {
    const options = this.#context.configFor(watcher);
    const session = options?.notify === true ? await this.#sessions.reopen(watcher, wid, pid, options) : null;
    if (session === null) return;
    if (watcher.processes().some((process) => process.pid === pid)) this.#monitor.add(pid, watcher.name, session.options);
    else this.#sessions.end(pid);
  }

  statusOf(pid: number): string | null {
    return this.#sessions.of(pid)?.status ?? null;
  }

  ended(pid: number): void {
    const session = this.#sessions.of(pid);
    if (session !== null) this.#waiting.get(session)?.();
    this.#sessions.end(pid);
  }

  removed(watcher: WatcherApi): void {
    for (const [session, end] of [...this.#waiting]) if (session.watcher === watcher) end();
    this.#sessions.close((session) => session.watcher === watcher);
  }

  /** The processes are left to another supervisor, with their sockets. */
  leave(): void {
    this.#sessions.leave();
  }

  [Symbol.dispose](): void {
    for (const end of [...this.#waiting.values()]) end();
    this.#sessions[Symbol.dispose]();
  }

  #heard(session: Session, { ready, alive, trigger, stopping, status, patience_ms }: Notification): void {
    const { pid, options, watcher } = session;
    if (status !== null) session.status = status;
    if (ready) session.isReady = true;
    if (pid === null) return;
    const wait = this.#waiting.get(session);
    if (ready && wait !== undefined) {
      wait();
      this.#monitor.add(pid, watcher.name, options);
    }
    if (alive) this.#monitor.heard(pid);
    if (patience_ms !== null) this.#monitor.allow(pid, patience_ms);
    if (stopping || trigger) this.#monitor.remove(pid);
    if (trigger) this.#replace(watcher, pid, options, 'has asked to be replaced');
  }
}
