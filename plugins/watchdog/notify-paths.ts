import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PlantedError, userId } from '../../core/index.js';

const PREFIX = 'ringmaster-notify-';
/** Others may pass, but not look around. */
const MODE = 0o711;
const VARIABLE = /(?:^|\0)NOTIFY_SOCKET=([^\0]*)/;
const PATHS = new WeakMap<object, NotifyPaths>();

/** Where the notify sockets of processes are. It outlives the plugin when that is set up again, for processes keep the paths that they were given. */
export class NotifyPaths {
  readonly #byPid = new Map<number, string>();
  /** The first is for new ones; the others are of earlier supervisors. */
  readonly #directories: string[] = [];
  #next = 1;

  /** Those of a supervisor. */
  static of(supervisor: object): NotifyPaths {
    const paths = PATHS.get(supervisor) ?? new NotifyPaths();
    PATHS.set(supervisor, paths);
    return paths;
  }

  /** A path that nobody has had. @throws what the file system throws */
  next(): string {
    const directory = this.#directories[0] ?? this.#add(mkdtempSync(join(tmpdir(), PREFIX)));
    remake(directory);
    return join(directory, `${this.#next++}`);
  }

  given(pid: number, path: string): void {
    this.#byPid.set(pid, path);
  }

  /**
   * What a process has been given, by this supervisor or by one before it; null for nothing.
   *
   * @param user as the watcher has it
   * @throws RM_USER_UNKNOWN; what the file system throws
   */
  of(pid: number, user: string | number | null): string | null {
    const path = this.#byPid.get(pid) ?? pathInEnvironment(pid, user);
    if (path === null) return null;
    remake(this.#add(dirname(path)));
    this.given(pid, path);
    return path;
  }

  forget(pid: number): void {
    this.#byPid.delete(pid);
  }

  /** Removes all files. @throws what the file system throws */
  clear(): void {
    for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
  }

  #add(directory: string): string {
    if (!this.#directories.includes(directory)) {
      if (this.#directories.length === 0) this.#next = Math.max(0, ...readdirSync(directory).map(Number)) + 1;
      this.#directories.push(directory);
    }
    return directory;
  }
}

/** Makes it where it was removed meanwhile. @throws PlantedError where somebody else has; what the file system throws */
function remake(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: MODE });
  if (!isOwn(lstatSync(directory))) throw new PlantedError(directory, 'no directory of this user');
  chmodSync(directory, MODE);
}

/** As the process may have changed what is told of its environment, it has to be where only this user makes any, for the user of the process. */
function pathInEnvironment(pid: number, user: string | number | null): string | null {
  const path = VARIABLE.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  if (path === undefined) return null;
  const directory = dirname(path);
  if (dirname(directory) !== tmpdir() || !basename(directory).startsWith(PREFIX)) return null;
  const [around, there] = [directory, path].map((each) => lstatSync(each, { throwIfNoEntry: false }));
  if (around === undefined || !isOwn(around) || there?.isSocket() !== true) return null;
  return there.uid === (user === null ? process.geteuid?.() : userId(user).uid) ? path : null;
}

function isOwn(found: Stats): boolean {
  return found.isDirectory() && found.uid === process.geteuid?.();
}
