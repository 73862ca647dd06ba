import type { EventName, FromSchema } from '../../../core/index.js';
import type { Properties, Reply } from '../command.js';
import type { Commands } from '../commands/index.js';

/** For each command its properties and its reply, as its schemas say. */
export type CommandMap = {
  readonly [N in keyof Commands]: {
    readonly properties: FromSchema<Commands[N]['request']>;
    readonly reply: Reply & FromSchema<Commands[N]['reply']>;
  };
};

export type PropertiesOf<C extends string> = C extends keyof CommandMap ? CommandMap[C]['properties'] : Properties;
export type ReplyOf<C extends string> = C extends keyof CommandMap ? CommandMap[C]['reply'] : Reply;

export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. What was asked for may be carried out all the same. */
  readonly signal?: AbortSignal;
  /** Milliseconds; Infinity: no time-out. The client's own where none is given. */
  readonly timeout_ms?: number;
  /** Answer when the work is done (default false). */
  readonly waiting?: boolean;
}

export interface CastOptions {
  /** Milliseconds until it is handed over; Infinity: no time-out. The client's own where none is given. */
  readonly timeout_ms?: number;
}

/** Properties may be left out where none is required. */
export type CallArguments<C extends string> =
  Record<never, never> extends PropertiesOf<C>
    ? [properties?: PropertiesOf<C>, options?: CallOptions]
    : [properties: PropertiesOf<C>, options?: CallOptions];

/** Keys of CURVE, each a text of 40 characters. */
export interface ClientKeys {
  readonly public_key: string;
  readonly secret_key: string;
  /** The public key of the daemon. */
  readonly server_key: string;
}

export interface ClientOptions {
  /** ZeroMQ address of the control endpoint. */
  readonly endpoint: string;
  /** Milliseconds that a call may take (default 5000); Infinity: no time-out. */
  readonly timeout_ms?: number;
  /**
   * Milliseconds that a daemon which was there may be away (default 3000). Until then requests wait for it to be back, and those that
   * only look are sent again; 0: not at all. One whose unix socket says that it is being upgraded may be away as long, before it was there.
   */
  readonly reconnect_ms?: number;
  /**
   * Turns an address that the daemon tells, of its events say, into one that can be connected to from here: through a tunnel, say.
   * Nothing is changed where it is not given.
   */
  readonly reach?: (endpoint: string) => Promise<string>;
  /**
   * What `endpoint` leads to, where that is the near end of a tunnel (default `endpoint` itself): where that is TCP, keys are used.
   */
  readonly far_endpoint?: string;
  /** Keys, for an endpoint over TCP that wants some. */
  readonly curve?: ClientKeys | undefined;
  /** Closes the client; what is pending then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface EventsOptions {
  /** ZeroMQ address of the event endpoint; the daemon is asked for it where none is given. */
  readonly pubsub_endpoint?: string;
  /** Ends the iteration; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One event, as the daemon published it. */
export interface ClientEvent {
  /** `watcher.NAME.ACTION` */
  readonly topic: string;
  /** The watcher's name as it is in topics: lower case, `_` for spaces. */
  readonly watcher: string;
  readonly name: EventName | (string & Record<never, never>);
  readonly body: Readonly<Record<string, unknown>>;
}
