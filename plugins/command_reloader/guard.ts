import { resolve } from 'node:path';
import { type Clock, type Logger, messageOf, type WatcherApi } from '../../core/index.js';
import { commandFile } from './command-file.js';
import { type Fingerprint, fileSet, hasChanged } from './policy.js';
import type { Options } from './schema.js';
import { Tree } from './tree.js';

interface GuardOptions {
  readonly watcher: WatcherApi;
  readonly options: Options;
  readonly clock: Clock;
  readonly log: Logger;
  /** What relative paths of the config refer to. */
  readonly directory: string;
}

/** Looks after the files of one watcher, from its making until it is disposed of. */
export class Guard implements Disposable {
  readonly #options: Options;
  readonly #working_dir: string | null;
  readonly #watcher: WatcherApi;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tree: Tree | null;
  #before: Fingerprint | null = null;
  #cmd = '';
  #round: Disposable | undefined;
  #quiet: Disposable | undefined;
  #is_over = false;

  constructor({ watcher, options, clock, log, directory }: GuardOptions) {
    this.#options = options;
    this.#watcher = watcher;
    this.#working_dir = watcher.spec.working_dir;
    this.#clock = clock;
    this.#log = log.child({ watcher: watcher.name });
    const base = options.use_working_dir ? resolve(watcher.spec.working_dir ?? '.') : directory;
    const files = fileSet(options.files, (path) => resolve(base, path));
    this.#tree =
      files.roots.length === 0
        ? null
        : new Tree(files, {
            changed: (path) => this.#changed(path),
            failed: (folder, why) => this.#log.error(`files in ${folder} can't be watched: ${why}`),
          });
    this.#look().catch((cause: unknown) => this.#log.error(`the file of the command can't be watched: ${messageOf(cause)}`));
  }

  /** Whether it looks after what is asked for now. */
  isFor(options: Options | null): boolean {
    return options === this.#options && this.#watcher.spec.working_dir === this.#working_dir;
  }

  [Symbol.dispose](): void {
    this.#is_over = true;
    this.#round?.[Symbol.dispose]();
    this.#quiet?.[Symbol.dispose]();
    this.#tree?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const { spec } = this.#watcher;
    const directory = this.#options.use_working_dir ? resolve(spec.working_dir ?? '.') : process.cwd();
    const now = await commandFile(spec, directory);
    if (this.#is_over) return;
    // Another command was put into effect by whoever set it.
    if (now !== null && this.#cmd === spec.cmd && hasChanged(this.#before, now)) this.#changed(now.path);
    this.#before = now ?? this.#before;
    this.#cmd = spec.cmd;
    this.#tree?.refresh();
    this.#round = this.#clock.setTimeout(() => this.#look(), this.#options.loop_rate * 1000);
  }

  #changed(path: string): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = this.#clock.setTimeout(() => this.#act(path), this.#options.debounce * 1000);
  }

  async #act(path: string): Promise<void> {
    // One that is stopped has the new file when it starts.
    if (this.#watcher.status === 'stopped') return;
    const { action } = this.#options;
    this.#log.info(`${path} modified: ${action}`);
    const { instead } = await this.#watcher[action]();
    if (instead !== undefined) this.#log.warn(`the ${action} came to something else: ${instead}`);
  }
}
