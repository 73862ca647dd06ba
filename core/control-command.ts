import type { SupervisorApi } from './api.js';
import type { FromSchema, JsonSchema } from './json-schema.js';

/** The command's own keys of a reply; `status`, `time` and `id` are added, unless `status` is among them. */
export type ReplyBody = Readonly<Record<string, unknown>>;

/** Work that can be refused only after a moment, as when a file has to be read first. */
export class Staged {
  /** Rejects where the request is refused; one that is not `waiting` is answered with what it resolves to. */
  readonly accepted: Promise<ReplyBody>;
  readonly done: Promise<ReplyBody>;

  constructor(accepted: Promise<ReplyBody>, done: Promise<ReplyBody>) {
    this.accepted = accepted;
    this.done = done;
  }
}

/** What a command answers with. */
export type Answering = ReplyBody | Promise<ReplyBody> | Staged;

/** What a command of any plugin works with, besides what its plugin has. */
export interface ControlCommandContext {
  readonly supervisor: SupervisorApi;
}

/** What is known of a command without running it: enough for a client to build requests and to write help. */
export interface CommandForm {
  /** What requests call it, in lower case. */
  readonly name: string;
  /** One line, for listings. */
  readonly summary: string;
  /** Paragraphs for `--help`; the summary where there are none. */
  readonly description?: string;
  /** Schema of `properties`. */
  readonly request: JsonSchema;
  /** Schema of the reply's own keys. */
  readonly reply: JsonSchema;
  /** It asks for something: there is no answer before that is there, whether the request is `waiting` or not. */
  readonly always_waits?: boolean;
  /** Properties that are positional on the command line, in order; of a list it takes all that are left. The others are options. */
  readonly arguments?: readonly string[];
  /** The key of the reply that the command line prints alone, as text; without it every key is printed. */
  readonly prints?: string;
}

/**
 * A control command of a plugin, for the extension point `command`; also a verb of `ringmaster`.
 *
 * `run` may return a promise: then a request that is not `waiting` is answered `ok` at once. `run` must check everything that can
 * be refused before its first await, or return `Staged`.
 */
export interface ControlCommand extends CommandForm {
  /** @param properties checked against `request`, with its defaults */
  run(properties: never, context: ControlCommandContext): Answering;
}

/** A command whose `run` has the types of its own schema. */
export type TypedControlCommand<Q extends JsonSchema> = Omit<CommandForm, 'request'> & {
  readonly request: Q;
  run(properties: FromSchema<Q>, context: ControlCommandContext): Answering;
};

/** Declares a command, with the types of its properties inferred from `request`. */
export function defineCommand<const Q extends JsonSchema>(command: TypedControlCommand<Q>): TypedControlCommand<Q> {
  return command;
}
