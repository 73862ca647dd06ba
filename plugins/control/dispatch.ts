import {
  type Answering,
  type Clock,
  type ControlCommandContext,
  closest,
  type Extension,
  type Extensions,
  type LogFields,
  type Logger,
  type MarkedSecrets,
  maskSecrets,
  messageOf,
  type ReplyBody,
  RingmasterError,
  Staged,
} from '../../core/index.js';
import type { Admission } from './admission.js';
import { type Asker, LOCAL } from './asker.js';
import { type AuditEntry, Change, type Closing, type OpenEntry } from './audit.js';
import { checkProperties } from './check.js';
import type { Properties } from './command.js';
import { prepareRequest } from './repeatable.js';
import { type Answer, encodeReply, errorAnswer, lateErrorAnswer, okAnswer } from './reply.js';
import { type Envelope, envelopeOf, isBlank, parseEnvelope, type Request, readRequest, shown } from './request.js';
import { mayDo, roleOf } from './roles.js';

export interface DispatchOptions {
  readonly commands: Extensions<'command'>;
  readonly context: ControlCommandContext;
  readonly clock: Clock;
  readonly log: Logger;
  readonly max_message_bytes: number;
  readonly admission: Admission;
  /** For each client. */
  readonly max_in_flight: number;
  /** What no answer shows, besides what looks like a secret by its name. */
  secrets(): MarkedSecrets;
  /** Who has sent a request, by the `auth` that is in it. @throws RM_FORBIDDEN */
  identify(auth: unknown): Asker;
  send(client: string, reply: string): void;
  /** Whether an upgrade with this token was asked for in the version before: what came of it is told already. */
  isKnownUpgrade(token: unknown): boolean;
  /** Told what has come of each change that was asked for, and of each request that was refused. */
  audited(entry: AuditEntry): void;
  /** As `ChangeHost.begun`. */
  begun(open: OpenEntry): Closing;
}

/** A request that is carried out. */
interface Asked {
  readonly client: string;
  readonly request: Request;
  readonly command: Extension<'command'>;
  readonly change: Change;
  /** As checked. */
  readonly properties: Properties;
}

/** An upgrade that is asked for, as the next version has to know it. */
export interface OpenUpgrade extends OpenEntry {
  readonly token: string;
}

const UPGRADE = 'upgrade';
const SHORT_BYTES = 65_536;

/** Who asked, and how a reply finds its way. */
interface Addressee {
  readonly client: string;
  readonly id: unknown;
  readonly cast: boolean;
  /** Whether secrets are answered as they are; absent: no. */
  readonly shows_secrets?: boolean;
  /** Whose answer it is, once that is known. */
  readonly command?: Extension<'command'>;
}

/** A request whose work is still under way. */
interface Underway extends Addressee {
  readonly command: Extension<'command'>;
  /** Whether a reply is still to come. */
  unanswered: boolean;
  /** Whether that reply says only that it has begun. */
  begun: boolean;
  readonly change: Change;
  readonly properties: Properties;
}

/** Carries out requests and answers them: each exactly once, a cast never, whatever it holds. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #underway = new Set<Underway>();
  /** Another version takes over, and answers from now on. */
  #hasLeft = false;

  constructor(options: DispatchOptions) {
    this.#options = options;
    // The work of a plugin that is gone may never end.
    options.commands.onChange(({ change, extension }) => {
      if (change === 'removed') this.abandon(new RingmasterError('RM_CLOSED', [`plugin "${extension.plugin}"`]), extension);
    });
  }

  /** Requests under way, of all clients. */
  get inFlight(): number {
    return this.#underway.size;
  }

  /** @param client whom the reply is for, as `send` will be given it */
  handle(client: string, body: Uint8Array): void {
    if (this.#hasLeft) return;
    let envelope: Envelope = { id: null, cast: false, fields: {} };
    try {
      const { max_message_bytes: limit, admission } = this.#options;
      try {
        admission.admit(client, body.length);
      } catch (error) {
        // Whose reply it is is worth a look at a short message only.
        if (body.length <= SHORT_BYTES) envelope = envelopeOf(body) ?? envelope;
        throw error;
      }
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

  /** Answers whoever still waits, for this command alone where one is given: there will be nothing more to wait for. */
  abandon(reason: RingmasterError, command?: Extension<'command'>): void {
    for (const work of [...this.#underway]) {
      if (command === undefined || work.command === command) this.#end(work, lateErrorAnswer(reason));
    }
  }

  /** The same, and takes no more requests: the version that takes over answers those, and the upgrades that are returned. */
  leave(reason: RingmasterError): readonly OpenUpgrade[] {
    this.#hasLeft = true;
    const upgrades = [...this.#underway].filter(({ command }) => command.key === UPGRADE);
    for (const work of upgrades) this.#underway.delete(work);
    this.abandon(reason);
    return upgrades.map(({ change, properties }) => ({ token: String(properties.token), began: change.began, entry: change.entry }));
  }

  #run(client: string, request: Request): void {
    const { commands, max_in_flight, context, admission } = this.#options;
    const name = request.command.toLowerCase();
    const command = commands.find(name);
    if (command === undefined) throw unknownCommand(request.command, commands);
    // One that has no token gets one.
    const asked = command.key === UPGRADE ? prepareRequest(name, request.properties).properties : request.properties;
    const change = new Change(this.#options, command, client, asked);
    if (command.key === UPGRADE && this.#options.isKnownUpgrade(asked.token)) change.handOver();
    try {
      change.asker = this.#options.identify(request.auth);
      if (change.asker.who !== LOCAL.who) admission.admitKey(change.asker.who);
      this.#mustBeAllowed(change.asker, request, command);
      const properties = checkProperties(command, asked);
      if (this.#inFlightOf(client) >= max_in_flight) throw new RingmasterError('RM_REQUEST_TOO_MANY', [max_in_flight]);
      change.begins();
      const result: Answering = command.value.run(properties as never, context);
      const work = { client, request, command, change, properties };
      if (result instanceof Staged) this.#awaitStaged(work, result);
      else if (isThenable(result)) this.#await(work, Promise.resolve(result));
      else {
        const { id, cast, shows_secrets } = request;
        const answer = okAnswer(replyBody(command, result));
        change.ended();
        this.#answer({ client, id, cast, shows_secrets, command }, answer);
      }
    } catch (error) {
      change.failed(error);
      throw error;
    }
  }

  /** @throws RM_FORBIDDEN */
  #mustBeAllowed({ who, role }: Asker, request: Request, command: Extension<'command'>): void {
    const needs = request.shows_secrets ? 'admin' : roleOf(command);
    if (mayDo(role, needs)) return;
    this.#options.log.warn(`${who} was refused ${command.key}`, { who, role, command: command.key });
    const what = request.shows_secrets ? `${command.key} with show_secrets` : command.key;
    throw new RingmasterError('RM_FORBIDDEN', [what, `it needs the role ${needs}, and ${who} has ${role}`], { context: { needs, role } });
  }

  #await(asked: Asked, result: Promise<ReplyBody>): void {
    const work = this.#begin(asked);
    if (!asked.request.waiting && asked.command.value.always_waits !== true) this.#acceptSoon(work);
    this.#endBy(work, result);
  }

  /** As in Circus, what was asked for has begun when its client hears of it: a process that is there is listed to the next request. */
  #acceptSoon(work: Underway): void {
    const { clock } = this.#options;
    work.begun = true;
    clock.setImmediate(() => clock.setImmediate(() => this.#settle(work, okAnswer())));
  }

  #awaitStaged(asked: Asked, { accepted, done }: Staged): void {
    const work = this.#begin(asked);
    accepted.then(
      (body) => {
        if (!asked.request.waiting) this.#settle(work, okAnswer(body));
      },
      (error: unknown) => this.#settle(work, errorAnswer(error)),
    );
    this.#endBy(work, done);
  }

  #begin({ client, request: { id, cast, shows_secrets }, ...what }: Asked): Underway {
    const work: Underway = { client, id, cast, shows_secrets, ...what, unanswered: true, begun: false };
    this.#underway.add(work);
    return work;
  }

  #endBy(work: Underway, result: Promise<ReplyBody>): void {
    const { name } = work.command.value;
    void result
      .then((body) => okAnswer(replyBody(work.command, body)))
      .catch((error: unknown): Answer => {
        const fields: LogFields = { command: name, error: messageOf(error) };
        this.#options.log.warn(`${name} failed: ${messageOf(error)}`, fields);
        return lateErrorAnswer(error);
      })
      .then((answer) => this.#end(work, answer));
  }

  #end(work: Underway, answer: Answer): void {
    this.#underway.delete(work);
    work.change.ended(answer);
    this.#settle(work, work.begun ? okAnswer() : answer);
  }

  #settle(work: Underway, answer: Answer): void {
    if (!work.unanswered) return;
    work.unanswered = false;
    this.#answer(work, answer);
  }

  #inFlightOf(client: string): number {
    let count = 0;
    for (const work of this.#underway) if (work.client === client) count++;
    return count;
  }

  #answer(to: Addressee, answer: Answer): void {
    if (to.cast) return;
    let reply: string;
    try {
      reply = this.#encoded(to, answer);
    } catch (cause) {
      const { command } = to;
      const what = `command ${command?.key}: it returned what can't be sent as JSON`;
      reply = this.#encoded(to, errorAnswer(new RingmasterError('RM_PLUGIN_FAILED', [command?.plugin ?? 'control', what], { cause })));
    }
    this.#options.send(to.client, reply);
  }

  #encoded({ id, shows_secrets = false }: Addressee, answer: Answer): string {
    const shown = shows_secrets ? answer : (maskSecrets(answer, this.#options.secrets()) as Answer);
    return encodeReply(shown, id, this.#options.clock.wall() / 1000);
  }
}

/** What a command has returned, if it is of any use. @throws RM_PLUGIN_FAILED */
function replyBody({ plugin, key }: Extension<'command'>, body: unknown): ReplyBody {
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as ReplyBody;
  throw new RingmasterError('RM_PLUGIN_FAILED', [plugin, `command ${key}: it returned ${shown(body)}, allowed is an object`]);
}

function unknownCommand(name: string, commands: Extensions<'command'>): RingmasterError {
  const meant = closest(
    name,
    commands.list().map(({ key }) => key),
  );
  return new RingmasterError('RM_COMMAND_UNKNOWN', [shown(name)], { context: meant === undefined ? {} : { did_you_mean: meant } });
}

function isThenable(value: unknown): value is PromiseLike<ReplyBody> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
