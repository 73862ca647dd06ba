import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf, type NotifyListener, openNotifyListener, type PluginContext, type WatcherApi } from '../../core/index.js';
import { type Notification, parseNotification } from './messages.js';
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

/** What outlives the plugin when it is set up again: processes keep the paths that they were given. */
interface Paths {
  readonly directory: string;
  readonly byPid: Map<number, string>;
  next: number;
}
const PATHS = new WeakMap<object, Paths>();
/** Others may pass, but not look around. */
const DIRECTORY_MODE = 0o711;

/** One socket for each process that sends notifications, so that none can speak for another. */
export class Sessions implements Disposable {
  readonly #context: Context;
  readonly #heard: (session: Session, notification: Notification) => void;
  readonly #open = new Map<Session, Disposable>();
  #listener: Promise<NotifyListener | null> | null = null;

  constructor(context: Context, heard: (session: Session, notification: Notification) => void) {
    this.#context = context;
    this.#heard = heard;
  }

  /** Opens one for a process that is about to be spawned. Null where that can't be done, which is logged. */
  async open(watcher: WatcherApi, wid: number, options: Options): Promise<Session | null> {
    this.close((other) => other.watcher === watcher && other.wid === wid);
    const paths = this.#paths();
    return this.#listen({ watcher, wid, options, path: join(paths.directory, `${paths.next++}`), pid: null, isReady: false, status: null });
  }

  /** Opens one again for a process that was given it before. */
  async reopen(watcher: WatcherApi, wid: number, pid: number, options: Options): Promise<Session | null> {
    const path = PATHS.get(this.#context.supervisor)?.byPid.get(pid);
    // A socket elsewhere would not be the one that the process knows.
    if (path === undefined || this.#paths().directory !== dirname(path)) return null;
    return this.#listen({ watcher, wid, options, path, pid, isReady: true, status: null });
  }

  /** The process that one was opened for has been spawned. */
  begin(watcher: WatcherApi, wid: number, pid: number): Session | null {
    const session = this.#find((one) => one.watcher === watcher && one.wid === wid && one.pid === null);
    if (session === null) return null;
    session.pid = pid;
    this.#paths().byPid.set(pid, session.path);
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
    PATHS.get(this.#context.supervisor)?.byPid.delete(pid);
  }

  [Symbol.dispose](): void {
    this.close(() => true);
    const paths = PATHS.get(this.#context.supervisor);
    if (paths !== undefined) rmSync(paths.directory, { recursive: true, force: true });
  }

  async #listen(session: Session): Promise<Session | null> {
    const { log } = this.#context;
    this.#listener ??= openNotifyListener().catch((cause: unknown) => {
      log.error(`processes get no notify sockets: ${messageOf(cause)}`);
      return null;
    });
    const listener = await this.#listener;
    if (listener === null) return null;
    try {
      const user = session.watcher.spec.uid;
      const socket = await listener.listen(session.path, user, (text) => this.#heard(session, parseNotification(text)));
      this.#open.set(session, socket);
      return session;
    } catch (cause) {
      log.error(`a process gets no notify socket: ${messageOf(cause)}`, { watcher: session.watcher.name });
      return null;
    }
  }

  #find(which: (session: Session) => boolean): Session | null {
    for (const session of this.#open.keys()) if (which(session)) return session;
    return null;
  }

  #paths(): Paths {
    const { supervisor } = this.#context;
    const known = PATHS.get(supervisor);
    if (known !== undefined && isOurs(known.directory)) return known;
    const directory = mkdtempSync(join(tmpdir(), 'ringmaster-notify-'));
    chmodSync(directory, DIRECTORY_MODE);
    const paths = { directory, byPid: known?.byPid ?? new Map(), next: known?.next ?? 1 };
    PATHS.set(supervisor, paths);
    return paths;
  }
}

/** Makes the directory again where it is gone; false where a stranger has put something in its place meanwhile. */
function isOurs(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found !== undefined) return found.isDirectory() && found.uid === process.geteuid?.();
  try {
    mkdirSync(directory);
    chmodSync(directory, DIRECTORY_MODE);
    return true;
  } catch {
    return false;
  }
}
