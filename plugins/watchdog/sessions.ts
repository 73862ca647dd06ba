import {
  messageOf,
  type NotifyListener,
  type NotifySocket,
  openNotifyListener,
  type PluginContext,
  type WatcherApi,
} from '../../core/index.js';
import { type Notification, parseNotification } from './messages.js';
import { NotifyPaths } from './notify-paths.js';
import type { Options, schema } from './schema.js';

type Context = Pick<PluginContext<typeof schema>, 'supervisor' | 'log'>;

/** The notify socket of one process, from before it is spawned until it has ended. */
export interface Session {
  readonly watcher: WatcherApi;
  readonly wid: number;
  readonly path: string;
  readonly options: Options;
  /** Null until it is known. */
  pid: number | null;
  isReady: boolean;
  status: string | null;
}

/** One socket for each process that sends notifications, so that none can speak for another. */
export class Sessions implements Disposable {
  readonly #context: Context;
  readonly #heard: (session: Session, notification: Notification) => void;
  readonly #open = new Map<Session, NotifySocket>();
  readonly #paths: NotifyPaths;
  #listener: Promise<NotifyListener | null> | null = null;
  #isLeft = false;

  constructor(context: Context, heard: (session: Session, notification: Notification) => void) {
    this.#context = context;
    this.#paths = NotifyPaths.of(context.supervisor);
    this.#heard = heard;
  }

  /** Opens one for a process that is about to be spawned, if it is; who is there keeps its own. Null where that can't be done, which is logged. */
  async open(watcher: WatcherApi, wid: number, options: Options): Promise<Session | null> {
    this.close((other) => other.watcher === watcher && other.wid === wid && other.pid === null);
    return this.#listen(watcher, () => ({ watcher, wid, options, path: this.#paths.next(), pid: null, isReady: false, status: null }));
  }

  /** Opens one again for a process that was given it before, by an earlier supervisor even. Null where that can't be done, which is logged. */
  async reopen(watcher: WatcherApi, wid: number, pid: number, options: Options): Promise<Session | null> {
    return this.#listen(watcher, () => {
      const path = this.#paths.of(pid, watcher.spec.uid);
      if (path === null) throw new Error(`process ${pid} was given none, and is not watched before it is replaced`);
      return { watcher, wid, options, path, pid, isReady: true, status: null };
    });
  }

  /** The process that one was opened for has been spawned. */
  begin(watcher: WatcherApi, wid: number, pid: number): Session | null {
    const session = this.#find((one) => one.watcher === watcher && one.wid === wid && one.pid === null);
    if (session === null) return null;
    session.pid = pid;
    this.#paths.given(pid, session.path);
    return session;
  }

  of(pid: number): Session | null {
    return this.#find((one) => one.pid === pid);
  }

  close(which: (session: Session) => boolean): void {
    for (const [session, socket] of this.#open) {
      if (!which(session)) continue;
      socket[Symbol.dispose]();
      this.#open.delete(session);
    }
  }

  /** The process has ended. */
  end(pid: number): void {
    this.close((one) => one.pid === pid);
    this.#paths.forget(pid);
  }

  /** The processes live on: what they have been given is left to them. */
  leave(): void {
    this.#isLeft = true;
  }

  [Symbol.dispose](): void {
    if (this.#isLeft && this.#open.size > 0) {
      // The upgrade may fail, and this process goes on.
      for (const socket of this.#open.values()) socket.leave();
      return;
    }
    this.close(() => true);
    this.#paths.clear();
  }

  async #listen(watcher: WatcherApi, make: () => Session): Promise<Session | null> {
    const { log } = this.#context;
    this.#listener ??= openNotifyListener().catch((cause: unknown) => {
      log.error(`processes get no notify sockets: ${messageOf(cause)}`);
      return null;
    });
    const listener = await this.#listener;
    if (listener === null) return null;
    try {
      const session = make();
      const socket = await listener.listen(session.path, watcher.spec.uid, (text) => this.#heard(session, parseNotification(text)));
      this.#open.set(session, socket);
      return session;
    } catch (cause) {
      log.error(`a process gets no notify socket: ${messageOf(cause)}`, { watcher: watcher.name });
      return null;
    }
  }

  #find(which: (session: Session) => boolean): Session | null {
    for (const session of this.#open.keys()) if (which(session)) return session;
    return null;
  }
}
