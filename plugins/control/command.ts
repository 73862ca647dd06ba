import type {
  Answering,
  CommandForm,
  ControlCommand,
  FromSchema,
  JsonSchema,
  NextCompletion,
  ProcessSampler,
  SupervisorApi,
} from '../../core/index.js';
import type { AuditTrail } from './audit.js';

/** What a built-in command works with. */
export interface CommandContext {
  readonly supervisor: SupervisorApi;
  /** All commands that there are, those of other plugins too, sorted by name. */
  readonly commands: () => readonly CommandListing[];
  /** The addresses that the endpoint is bound to, for `globaloptions`. */
  readonly endpoints: Readonly<{
    endpoint: string;
    pubsub_endpoint: string;
    stats_endpoint: string | null;
    multicast_endpoint: string | null;
  }>;
  /** The last changes that were asked for, oldest first. */
  readonly audit: Pick<AuditTrail, 'entries' | 'seq'>;
  /** Looks at processes; it remembers its last look, so that there are rates. */
  readonly sampler: ProcessSampler;
  /** Settles when the supervisor has stopped everything and is about to close this endpoint. */
  readonly stopped: Promise<void>;
}

export type Properties = Readonly<Record<string, unknown>>;
export { type Answering, type ReplyBody, Staged } from '../../core/index.js';

/** A whole reply, as on the wire. */
export type Reply = Readonly<Record<string, unknown>> & { readonly status: string };

/** An option of a command on the command line: `--name`, with a value where it is not a switch. */
export interface CliOption {
  readonly name: string;
  readonly summary: string;
  readonly kind: 'switch' | 'text' | 'number';
  /** What its value is, as shown in help; the name in capitals where none is given. */
  readonly value?: string;
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

/** A command as `commands` tells of it. */
export interface CommandListing extends CommandForm {
  readonly plugin: string;
  /** Arguments and options on the command line; null where it makes no sense there. */
  readonly usage: string | null;
}

/** One built-in command of the control protocol; `run` may answer as ControlCommand says. */
export interface Command extends Omit<CommandForm, 'arguments' | 'prints'> {
  /** Paragraphs for `--help` and the reference. */
  readonly description: string;
  run(context: CommandContext, properties: Properties): Answering;
  /** Absent where the command makes no sense on a command line. */
  readonly cli?: CommandCli;
}

/** A built-in command as those of plugins: what it works with is given to it here. */
export function asContribution({ cli: _, run, ...form }: Command, context: CommandContext): ControlCommand {
  return { ...form, run: (properties: Properties) => run(context, properties) };
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

/** Declares a built-in command, with the types of its properties inferred from `request`. */
export function builtInCommand<const Q extends JsonSchema, const R extends JsonSchema>(command: TypedCommand<Q, R>): TypedCommand<Q, R> {
  return command;
}
