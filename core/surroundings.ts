import { mergedEnv } from './command-line.js';
import type { Os } from './os/port.js';
import type { SpawnQueue } from './spawn-queue.js';
import { workingDirectory } from './working-directory.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What an environment is made of. */
interface EnvParts {
  readonly copy_env: boolean;
  /** The watcher's own. */
  readonly own: Env;
  /** What every watcher gets. */
  readonly common: Env;
}

/** What was made of a watcher's own. */
interface Made {
  readonly daemon: Env;
  readonly common: Env;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What processes take over from the daemon: its environment, its directory. Reading process.env takes as long as a tenth of a spawn, so
 * what is spawned in one go shares one look at it.
 */
export class Surroundings {
  readonly #turns: Pick<SpawnQueue, 'round'>;
  readonly #os: () => Pick<Os, 'environmentVersion'> | null;
  #seen = -1;
  /** Of the environment that was read. */
  #read: number | undefined;
  #env: Env = {};
  #cwd = '';
  /** By the watcher's own. */
  readonly #made = new WeakMap<Env, Made>();

  /**
   * @param turns says by its round when it is to be looked again
   * @param os may know that the environment is what it was without reading it; null while there is none
   */
  constructor(turns: Pick<SpawnQueue, 'round'>, os: () => Pick<Os, 'environmentVersion'> | null = () => null) {
    this.#turns = turns;
    this.#os = os;
  }

  /** The daemon's environment: the same object as long as nothing in it has changed. */
  get env(): Env {
    this.#look();
    return this.#env;
  }

  get cwd(): string {
    this.#look();
    return this.#cwd;
  }

  /** The environment of a process, frozen: the same object for the same parts, one after the other. */
  envOf({ copy_env, own, common }: EnvParts): Readonly<Record<string, string>> {
    const daemon = copy_env ? this.env : NONE;
    // Most watchers have none of their own, and share what comes of that.
    const mine = isEmpty(own) ? NONE : own;
    const last = this.#made.get(mine);
    if (last?.daemon === daemon && last.common === common) return last.env;
    const made = Object.freeze(mergedEnv(daemon, common, mine));
    this.#made.set(mine, { daemon, common, env: made });
    return made;
  }

  #look(): void {
    const { round } = this.#turns;
    if (round === this.#seen) return;
    this.#seen = round;
    const version = this.#os()?.environmentVersion?.();
    if (version === undefined || version !== this.#read) this.#readEnv();
    this.#read = version;
    this.#cwd = workingDirectory(this.#env);
  }

  #readEnv(): void {
    const env = { ...process.env };
    if (!isSameEnv(env, this.#env)) this.#env = Object.freeze(env);
  }
}

const NONE: Env = Object.freeze({});

function isEmpty(env: Env): boolean {
  for (const _ in env) return false;
  return true;
}

function isSameEnv(a: Env, b: Env): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
