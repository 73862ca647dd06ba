import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../core/index.js';
import type { FileSet } from './policy.js';

interface TreeListener {
  changed(path: string): void;
  /** A folder can't be watched. */
  failed(folder: string, why: string): void;
}

/**
 * Tells of changes to files, by the events of the file system: one watch for each folder that may hold such files, not for each
 * file as node's own recursive watch has on Linux, and none for folders that are left out.
 */
export class Tree implements Disposable {
  readonly #files: FileSet;
  readonly #listener: TreeListener;
  readonly #watches = new Map<string, FSWatcher>();

  constructor(files: FileSet, listener: TreeListener) {
    this.#files = files;
    this.#listener = listener;
    this.refresh();
  }

  /** Watches roots that were not there before. */
  refresh(): void {
    for (const root of this.#files.roots) if (!this.#watches.has(root)) this.#enter(root, false);
  }

  [Symbol.dispose](): void {
    for (const folder of [...this.#watches.keys()]) this.#leave(folder);
  }

  /** @param is_new whether the files in it are to be told of */
  #enter(folder: string, is_new: boolean): void {
    if (this.#watches.has(folder)) return;
    const entries = this.#open(folder);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (this.#files.mayHold(path)) this.#enter(path, is_new);
      } else if (is_new && this.#files.matches(path)) this.#listener.changed(path);
    }
  }

  /** Watches before it lists, so that nothing is missed in between. */
  #open(folder: string): ReturnType<typeof list> {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name !== null) this.#seen(join(folder, name));
      });
      this.#watches.set(folder, watcher);
      watcher.on('error', () => this.#leave(folder));
      return list(folder);
    } catch (error) {
      this.#leave(folder);
      if (!isGone(error)) this.#listener.failed(folder, messageOf(error));
      return [];
    }
  }

  #seen(path: string): void {
    const isWatched = this.#watches.has(path);
    if (isFolder(path)) {
      if (!isWatched && this.#files.mayHold(path)) this.#enter(path, true);
      return;
    }
    if (isWatched) this.#leave(path);
    if (this.#files.matches(path)) this.#listener.changed(path);
  }

  #leave(folder: string): void {
    for (const [path, watcher] of this.#watches) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#watches.delete(path);
    }
  }
}

function list(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
