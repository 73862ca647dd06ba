import type { OutputName } from '../../../core/index.js';
import type { LineSource } from './sources.js';

/** Something that the user has to correct; the message is one line. */
export class Wrong extends Error {}

/** What is to be shown. */
export interface Wish {
  /** Of this watcher; of all where none is named. */
  readonly name: string | undefined;
  /** Of this output; null for both. */
  readonly stream: OutputName | null;
  /** Lines of each output; Infinity for all. */
  readonly count: number;
  readonly since_ms: number | null;
  readonly follow: boolean;
}

/** Where lines come from. */
export interface FoundSources extends Disposable {
  readonly sources: readonly LineSource[];
  /** One line each, for what can't be shown. */
  readonly notes: readonly string[];
}
