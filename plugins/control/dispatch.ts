import { type Clock, isRingmasterError, type LogFields, type Logger, messageOf, RingmasterError } from '../../core/index.js';
import { checkProperties } from './check.js';
import { type Command, type CommandContext, type ReplyBody, Staged } from './command.js';
import { type Answer, encodeReply, errorAnswer, lateErrorAnswer, okAnswer } from './reply.js';
import { type Envelope, parseEnvelope, type Request, readRequest, shown } from './request.js';

export interface DispatchOptions {
  /** By name, in lower case. */
  readonly commands: ReadonlyMap<string, Command>;
  readonly context: CommandContext;
  readonly clock: Clock;
  readonly log: Logger;
  readonly max_message_bytes: number;
  /** For each client. */
  readonly max_in_flight: number;
  send(client: string, reply: string): void;
}

/** A request whose reply is still to come. */
interface Waiting {
  readonly client: string;
  readonly id: unknown;
  readonly cast: boolean;
}

/** Carries out requests and answers them: each exactly once, a cast never, whatever it holds. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #in_flight = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  /** Those whose request is under way, to be told so and no more. */
  readonly #accepted = new Set<Waiting>();

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Requests under way, of all clients. */
  get inFlight(): number {
    return [...this.#in_flight.values()].reduce((sum, count) => sum + count, 0);
  }

  /** @param client whom the reply is for, as `send` will be given it */
  handle(client: string, body: Uint8Array): void {
    let envelope: Envelope = { id: null, cast: false, fields: {} };
    try {
      const limit = this.#options.max_message_bytes;
      if (body.length > limit) {
        envelope = envelopeOf(body) ?? envelope;
        throw new RingmasterError('RM_REQUEST_TOO_BIG', [body.length, limit]);
      }
      if (isBlank(body)) throw new RingmasterError('RM_REQUEST_JSON', [], { context: { detail: 'the message is empty' } });
      envelope = parseEnvelope(body);
      this.#run(client, readRequest(envelope));
    } catch (error) {
      this.#answer({ client, ...envelope }, errorAnswer(error));
    }
  }

  /** Answers whoever still waits: there will be nothing more to wait for. */
  abandon(reason: RingmasterError): void {
    for (const waiting of [...this.#accepted]) this.#accept(waiting);
    for (const waiting of [...this.#waiting]) this.#settle(waiting, lateErrorAnswer(reason));
  }

  #run(client: string, request: Request): void {
    const command = this.#options.commands.get(request.command.toLowerCase());
    if (command === undefined) throw new RingmasterError('RM_COMMAND_UNKNOWN', [shown(request.command)]);
    checkProperties(command.request, request.properties);
    const { max_in_flight, context } = this.#options;
    if ((this.#in_flight.get(client) ?? 0) >= max_in_flight) throw new RingmasterError('RM_REQUEST_TOO_MANY', [max_in_flight]);
    const result = command.run(context, request.properties);
    if (result instanceof Promise) this.#await(client, request, command, result);
    else if (result instanceof Staged) this.#awaitStaged(client, request, command, result);
    else this.#answer({ client, ...request }, okAnswer(result));
  }

  #await(client: string, request: Request, command: Command, result: Promise<ReplyBody>): void {
    this.#begin(client);
    const waiting: Waiting = { client, id: request.id, cast: request.cast };
    if (request.waiting || command.always_waits === true) this.#waiting.add(waiting);
    else this.#acceptSoon(waiting);
    this.#settleBy(waiting, command, result);
  }

  /** As in Circus, what was asked for has begun when its client hears of it: a process that is there is listed to the next request. */
  #acceptSoon(waiting: Waiting): void {
    const { clock } = this.#options;
    this.#accepted.add(waiting);
    clock.setImmediate(() => clock.setImmediate(() => this.#accept(waiting)));
  }

  #accept(waiting: Waiting): void {
    if (this.#accepted.delete(waiting)) this.#answer(waiting, okAnswer());
  }

  #awaitStaged(client: string, request: Request, command: Command, { accepted, done }: Staged): void {
    this.#begin(client);
    const waiting: Waiting = { client, id: request.id, cast: request.cast };
    this.#waiting.add(waiting);
    accepted.then(
      (body) => {
        if (!request.waiting) this.#settle(waiting, okAnswer(body));
      },
      (error: unknown) => this.#settle(waiting, errorAnswer(error)),
    );
    this.#settleBy(waiting, command, done);
  }

  #settleBy(waiting: Waiting, command: Command, result: Promise<ReplyBody>): void {
    result.then(
      (body) => this.#end(waiting, okAnswer(body)),
      (error: unknown) => {
        const fields: LogFields = { command: command.name, error: messageOf(error) };
        this.#options.log.warn(`${command.name} failed: ${messageOf(error)}`, fields);
        this.#end(waiting, lateErrorAnswer(error));
      },
    );
  }

  #begin(client: string): void {
    this.#in_flight.set(client, (this.#in_flight.get(client) ?? 0) + 1);
  }

  #end(waiting: Waiting, answer: Answer): void {
    const left = (this.#in_flight.get(waiting.client) ?? 1) - 1;
    if (left > 0) this.#in_flight.set(waiting.client, left);
    else this.#in_flight.delete(waiting.client);
    this.#settle(waiting, answer);
  }

  #settle(waiting: Waiting, answer: Answer): void {
    if (this.#waiting.delete(waiting)) this.#answer(waiting, answer);
  }

  #answer({ client, id, cast }: Waiting, answer: Answer): void {
    if (!cast) this.#options.send(client, encodeReply(answer, id, this.#options.clock.wall() / 1000));
  }
}

/** Whom to answer, as far as that can be told. */
function envelopeOf(body: Uint8Array): Envelope | null {
  try {
    return parseEnvelope(body);
  } catch (error) {
    if (isRingmasterError(error)) return null;
    throw error;
  }
}

const BLANK = new Set([...' \t\r\n\v\f'].map((character) => character.charCodeAt(0)));

function isBlank(body: Uint8Array): boolean {
  return body.every((byte) => BLANK.has(byte));
}
