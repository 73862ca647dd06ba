import type { Readable, Writable } from 'node:stream';

/** A thread or process with a plugin in it, as three streams and an end. */
export interface Endpoint {
  /** For the log: `thread 3`, `pid 12`. */
  readonly name: string;
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Resolves when it is dead itself, though its streams may hold more than it could be asked for. Never rejects. */
  readonly died: Promise<unknown>;
  /** Resolves when nothing of it is left, with how it ended: `ended with status 1`. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

/** What to start, with everything looked up. */
export interface Launch {
  readonly tier: 'worker' | 'process';
  /** What the config calls the plugin. */
  readonly source: string;
  /** A module to import, or the words of a command. */
  readonly run: { readonly module: string } | { readonly words: readonly string[] };
  readonly cwd: string;
  readonly memory_bytes: number;
  readonly patience_ms: number;
}
