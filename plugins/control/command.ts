import type { FromSchema, JsonSchema, NextCompletion, ProcessSampler, SupervisorApi } from '../../core/index.js';

/** What a command's handler works with. */
export interface CommandContext {
  readonly supervisor: SupervisorApi;
  /** The addresses that the endpoint is bound to, for `globaloptions`. */
  readonly endpoints: Readonly<{
    endpoint: string;
    pubsub_endpoint: string;
    stats_endpoint: string | null;
    multicast_endpoint: string | null;
  }>;
  /** Looks at processes; it remembers its last look, so that there are rates. */
  readonly sampler: ProcessSampler;
  /** Settles when the supervisor has stopped everything and is about to close this endpoint. */
  readonly stopped: Promise<void>;
}

export type Properties = Readonly<Record<string, unknown>>;
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
/** What a command's handler answers with. */
export type Answering = ReplyBody | Promise<ReplyBody> | Staged;

/** A whole reply, as on the wire. */
export type Reply = Readonly<Record<string, unknown>> & { readonly status: string };

/** An option of a command on the command line: `--name`, with a value where it is not a switch. */
export interface CliOption {
  readonly name: string;
  readonly summary: string;
  readonly kind: 'switch' | 'text' | 'number';
  readonly default?: string | number | boolean;
}
export type CliOptions = Readonly<Record<string, string | number | boolean | undefined>>;

/** How a command looks on the command line. */
export interface CommandCli {
  /** The verb of `ringmaster`, where it is not the command's name. */
  readonly verb?: string;
  /** Positional arguments as shown in help: `<name> [<pid>]`. */
  readonly usage: string;
  readonly options: readonly CliOption[];
  /** What the first positional argument completes to. */
  readonly completes?: 'watchers' | 'files';
  readonly then_completes?: NextCompletion;
  /** @throws ArgumentError with one line for the user */
  message(args: readonly string[], options: CliOptions): Record<string, unknown>;
  /** What is printed for an `ok` reply, in Circus's words. */
  print(reply: Reply): string;
  /** Exit status for an `ok` reply; 0 where there is none. */
  status?(reply: Reply): number;
  /** Whether what it sends always asks to wait for the end of the work. */
  readonly waits?: boolean;
}

/**
 * One command of the control protocol.
 *
 * `run` may return a promise: then a request that is not `waiting` is answered `ok` at once, as Circus does. `run` must check
 * everything that can be refused before its first await, or return `Staged`.
 */
export interface Command {
  readonly name: string;
  /** One line, for listings and completion. */
  readonly summary: string;
  /** Paragraphs for `--help` and the reference. */
  readonly description: string;
  /** Schema of `properties`. */
  readonly request: JsonSchema;
  /** Schema of the reply's own keys. */
  readonly reply: JsonSchema;
  run(context: CommandContext, properties: Properties): Answering;
  /** It asks for something: there is no answer before that is there, whether the request is `waiting` or not. */
  readonly always_waits?: boolean;
  /** Absent where the command makes no sense on a command line. */
  readonly cli?: CommandCli;
}

/** Wrong arguments on the command line; the message is one line for the user. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** A command whose `run` has the types of its own schemas. */
export type TypedCommand<Q extends JsonSchema, R extends JsonSchema> = Omit<Command, 'request' | 'reply' | 'run'> & {
  readonly request: Q;
  readonly reply: R;
  run(context: CommandContext, properties: FromSchema<Q>): Answering;
};

/** Declares a command, with the types of its properties inferred from `request`. */
export function defineCommand<const Q extends JsonSchema, const R extends JsonSchema>(command: TypedCommand<Q, R>): TypedCommand<Q, R> {
  return command;
}
