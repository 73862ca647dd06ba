import type { Readable, Writable } from 'node:stream';
import type { DaemonOptions } from '../config/schema/daemon.js';

/** What a program of the command line reads from and writes to; `process` is one. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An option `--name` of a verb; in `value` its argument as shown in help, absent for a switch. */
export interface VerbOption {
  readonly name: string;
  /** One letter that stands for the name, for verbs of `ringmaster`. */
  readonly short?: string;
  readonly summary: string;
  readonly value?: string;
  readonly choices?: readonly string[];
  /** What the value completes to. */
  readonly completes?: Completion;
}
/** Values by option name: true for a switch, text as typed otherwise; absent where not given. */
export type VerbValues = Readonly<Record<string, string | boolean | undefined>>;

/** What an argument completes to: names of watchers, files, or one of a few words. */
export type Completion = 'watchers' | 'files' | readonly string[];

/** What positional arguments after the first complete to: each of them, or the first, third, … of them. */
export interface NextCompletion {
  readonly words: readonly string[];
  readonly every: 1 | 2;
}

/** One verb of `ringmaster`. */
export interface Verb {
  readonly name: string;
  /** One line, for listings and completion. */
  readonly summary: string;
  /** Heading in the help under which the verb is listed. */
  readonly group: string;
  /** Positional arguments as shown in help: `<name> [<pid>]`. */
  readonly usage: string;
  /** Paragraphs for `--help`. */
  readonly description: string;
  readonly options: readonly VerbOption[];
  readonly examples?: readonly string[];
  /** What the first positional argument completes to. */
  readonly completes?: Completion;
  readonly then_completes?: NextCompletion;
  /** Does it; resolves with the exit status. */
  run(args: readonly string[], values: VerbValues, io: Io): Promise<number>;
}

/** A program as a completion script sees it. */
export interface Completable {
  readonly name: string;
  readonly options: readonly VerbOption[];
  readonly verbs: readonly Pick<Verb, 'name' | 'summary' | 'options' | 'completes' | 'then_completes'>[];
  /** What positional arguments complete to, where the program has no verbs. */
  readonly completes?: Completion;
}

/** A program beside `ringmaster`. */
export interface Program extends Completable {
  /** Runs it with the words after its name; resolves with the exit status. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** A daemon as a verb of another plugin talks to it. */
export interface DaemonLink extends Disposable {
  /** Resolves with the whole reply; rejects with RM_CLIENT_REFUSED, RM_CLIENT_TIMEOUT, RM_CLIENT_LOST or RM_CLIENT_REPLY. */
  call(command: string, properties: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
}

/** Verbs that were asked for elsewhere. */
export interface MoreVerbs {
  readonly verbs: readonly Verb[];
  /** Why there are none, where nobody could be asked. */
  readonly why?: string;
}

/** What a plugin adds to the command line: default export of its `cli/index.js`. */
export interface VerbProvider {
  readonly verbs: readonly Verb[];
  readonly programs?: readonly Program[];
  /** Options of every verb here that may also stand before the verb. */
  readonly options?: readonly VerbOption[];
  /** Verbs that only a daemon knows of, the one that these options name; asked for where a verb is unknown here. */
  moreVerbs?(values: VerbValues, io: Io): Promise<MoreVerbs>;
  /** Connects to the daemon that these options name, for verbs of other plugins. */
  connect?(values: VerbValues, io: Io): DaemonLink;
  /** A command to try on a daemon with these options, told on a terminal once it runs; `own_name` stands for `ringmaster`. */
  hint?(options: Readonly<DaemonOptions>, own_name: string): string;
}
