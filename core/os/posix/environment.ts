import { readFileSync } from 'node:fs';
import type { Libc } from './libc.js';

const POINTER_BYTES = 8;
/** More pointers than an environment ever has. */
const MOST_BYTES = 1024 * 1024;
/** What only Node's own process.env refuses to take. */
const PROBE = Symbol('probe');

interface Seen {
  readonly env: NodeJS.ProcessEnv;
  /** Where the pointers were, and what is there now and was before. */
  readonly at: bigint;
  readonly now: Buffer;
  readonly before: Buffer;
}

/**
 * Tells whether the environment of this process may have changed without reading it, which takes fifty times as long.
 *
 * The texts that a process was started with lie in one piece of memory that the C library never writes to or gives back. As long as
 * all pointers lead there and are the same, nothing has changed. Where one leads elsewhere, for somebody has set a variable, it can't be
 * told, nor in a worker thread, which has no native form.
 */
export class Environment {
  readonly #libc: Libc;
  /** Where those texts begin and end; null where that is not known. */
  readonly #texts: readonly [bigint, bigint] | null;
  #version = 0;
  /** What was looked at last, and the pointers that there were; null where they say nothing. */
  #seen: Seen | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#texts = firstTexts();
  }

  /** Another number whenever it may have changed since the last call, whoever made that. */
  version(): number {
    const seen = this.#seen;
    const isSame = seen !== null && seen.env === process.env && seen.at === this.#libc.environ() && seen.now.equals(seen.before);
    if (!isSame) {
      this.#version++;
      this.#seen = this.#look();
    }
    return this.#version;
  }

  #look(): Seen | null {
    const texts = this.#texts;
    const at = this.#libc.environ();
    if (texts === null || at === 0n || !isReal(process.env)) return null;
    const pointers = new BigUint64Array(this.#libc.view(at, MOST_BYTES));
    let count = 0;
    for (; pointers[count] !== 0n; count++) {
      const text = pointers[count] ?? 0n;
      if (text < texts[0] || text >= texts[1]) return null;
    }
    const now = Buffer.from(pointers.buffer, 0, (count + 1) * POINTER_BYTES);
    return { env: process.env, at, now, before: Buffer.from(now) };
  }
}

/** @source proc_pid_stat(5), env_start and env_end */
function firstTexts(): readonly [bigint, bigint] | null {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [start = '0', end = '0'] = fields.slice(47, 49);
  return start === '0' ? null : [BigInt(start), BigInt(end)];
}

/** Whether it is that of the process, and not an object that somebody has put in its place. */
function isReal(env: NodeJS.ProcessEnv): boolean {
  try {
    Reflect.set(env, PROBE, '');
    Reflect.deleteProperty(env, PROBE);
    return false;
  } catch {
    return true;
  }
}
