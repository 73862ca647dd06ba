import type { Path } from './problem.js';

/** A plugin's option for one watcher that an ini file names `PLUGIN.OPTION`. */
export interface DottedKey {
  readonly watcher: string;
  readonly plugin: string;
  readonly option: string;
  readonly text: string;
  /** Where the text is kept as a freeform option. */
  readonly path: Path;
}

/** What a file holds, not yet expanded, converted or checked. */
export interface Source {
  /** The config as written; undefined where the file could not be understood. */
  readonly value: unknown;
  /** Files read, the given one first. */
  readonly files: readonly string[];
  /** Whether every value is text (ini), to be read as the type that the schema names. */
  readonly textual: boolean;
  readonly dotted: readonly DottedKey[];
}

/** A source in a format that has types of its own. */
export function typedSource(value: unknown, file: string): Source {
  return { value, files: [file], textual: false, dotted: [] };
}
