import { RingmasterError, systemClock } from '../../core/index.js';
import { type Call, PendingCall } from './client/call.js';
import { type CurveClientOptions, curveOptions } from './client/curve.js';
import { EventStream } from './client/event-stream.js';
import { Link, type Outgoing } from './client/link.js';
import type {
  CallArguments,
  CallOptions,
  CastOptions,
  ClientKeys,
  ClientOptions,
  EventsOptions,
  PropertiesOf,
  ReplyOf,
} from './client/types.js';
import type { Properties, Reply } from './command.js';
import { proofOf } from './curve/proof.js';
import { prepareRequest } from './repeatable.js';

export type { Call, CallOutcome } from './client/call.js';
export { EventStream } from './client/event-stream.js';
export type * from './client/types.js';
export type { Reply } from './command.js';

const TIMEOUT_MS = 5000;
const RECONNECT_MS = 3000;

/** The daemon's answer was an error. */
export class ReplyError extends RingmasterError<'RM_CLIENT_REPLY'> {
  /** Circus's number: 1 invalid JSON, 2 unknown command, 3 bad message, 4 OS error, 5 command error, 6 late failure. */
  readonly errno: number;
  readonly reason: string;
  readonly reply: Reply;

  constructor(command: string, reply: Reply) {
    const reason = String(reply.reason ?? 'unknown');
    const errno = Number(reply.errno ?? 0);
    super('RM_CLIENT_REPLY', [reason], { context: { command, errno, reason, reply } });
    this.errno = errno;
    this.reason = reason;
    this.reply = reply;
  }
}

/**
 * Talks to a daemon's control endpoint. It connects with the first request, and again with the next one after the connection broke.
 *
 * Across a restart or an upgrade of the daemon it sends again what only looks, once the daemon is back within `reconnect_ms`.
 *
 * Calls reject with RM_CLIENT_TIMEOUT, RM_CLIENT_CLOSED, RM_CLIENT_REFUSED (nothing was sent), RM_CLIENT_LOST (it was
 * sent, and may have been carried out), a `ReplyError` (RM_CLIENT_REPLY), or the reason of an AbortSignal.
 */
export class Client implements Disposable {
  readonly endpoint: string;
  readonly #timeout_ms: number;
  readonly #keys: ClientKeys | undefined;
  /** The same for the control endpoint, where that wants any. */
  readonly #curve: CurveClientOptions | undefined;
  /** What each request says of the key that it is sent with. */
  readonly #auth: { readonly auth?: string };
  readonly #reach: (endpoint: string) => Promise<string>;
  readonly #calls = new Map<string, PendingCall>();
  readonly #streams = new Set<EventStream>();
  readonly #link: Link;
  #count = 0;
  #ended: { readonly reason?: unknown } | undefined;
  #unlisten: () => void;

  constructor({
    endpoint,
    far_endpoint = endpoint,
    timeout_ms = TIMEOUT_MS,
    reconnect_ms = RECONNECT_MS,
    reach = async (address) => address,
    curve,
    signal,
  }: ClientOptions) {
    this.endpoint = endpoint;
    this.#keys = curve;
    this.#curve = curveOptions(curve, far_endpoint);
    this.#link = new Link({ endpoint, curve: this.#curve, reconnect_ms, receive: (body) => this.#receive(body) });
    this.#auth = curve && this.#curve ? { auth: proofOf(curve.secret_key, curve.server_key) } : {};
    this.#reach = reach;
    this.#timeout_ms = timeout_ms;
    this.#unlisten = onAbort(signal, (reason) => this.#end({ reason }));
  }

  /** The reply to this request, whatever else is in flight. */
  async call<C extends string>(command: C, ...[properties, options]: CallArguments<C>): Promise<ReplyOf<C>> {
    return this.#request(command, properties ?? {}, options ?? {}).done as Promise<ReplyOf<C>>;
  }

  /** Like `call`, and what it returns can be asked at any later time what has become of it. */
  request<C extends string>(command: C, ...[properties, options]: CallArguments<C>): Call<ReplyOf<C>> {
    return this.#request(command, properties ?? {}, options ?? {}) as Call as Call<ReplyOf<C>>;
  }

  /**
   * Sends a request that is not answered; resolves when it was handed over.
   *
   * Rejects with RM_CLIENT_REFUSED, RM_CLIENT_CLOSED, or RM_CLIENT_TIMEOUT where no connection stands in time; then nothing was sent.
   */
  async cast<C extends string>(
    command: C,
    properties?: PropertiesOf<C>,
    { timeout_ms = this.#timeout_ms }: CastOptions = {},
  ): Promise<void> {
    if (this.#ended !== undefined) throw this.#endError(command);
    const text = JSON.stringify({ command, properties: properties ?? {}, msg_type: 'cast', ...this.#auth });
    let timer: Disposable | undefined;
    try {
      await new Promise<void>((sent, failed) => {
        const message: Outgoing = { text, command, answered: false, repeatable: false, sent, failed };
        this.#link.send(message);
        if (timeout_ms === Number.POSITIVE_INFINITY) return;
        timer = systemClock.setTimeout(() => {
          this.#link.forget(message);
          failed(new RingmasterError('RM_CLIENT_TIMEOUT', [`connection for ${command}`, this.endpoint, timeout_ms]));
        }, timeout_ms);
      });
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  /**
   * Events as they are published, of all topics that begin with one of those given.
   *
   * @throws RM_CLIENT_REFUSED out of the iteration where nothing publishes there, RM_CLIENT_UNREADABLE for what is no event
   */
  events(topics: readonly string[] = [''], { pubsub_endpoint, signal }: EventsOptions = {}): EventStream {
    const told = pubsub_endpoint === undefined ? this.#pubsubEndpoint(signal) : Promise.resolve(pubsub_endpoint);
    const source = told.then(async (address) => ({ endpoint: await this.#reach(address), curve: curveOptions(this.#keys, address) }));
    const unlisten = onAbort(signal, (reason) => stream.close(reason));
    const stream: EventStream = new EventStream(source, topics, () => {
      unlisten();
      this.#streams.delete(stream);
    });
    this.#streams.add(stream);
    if (this.#ended !== undefined) stream.close(this.#endError('events'));
    return stream;
  }

  /** Ends the client: calls that are pending reject with RM_CLIENT_CLOSED, iterations of events end. */
  close(): void {
    this.#end({});
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #request(command: string, properties: Properties, { signal, timeout_ms = this.#timeout_ms, waiting }: CallOptions): PendingCall {
    const call = new PendingCall(String(++this.#count), command);
    if (this.#ended !== undefined || signal?.aborted) {
      call.settle({ ok: false, error: this.#ended === undefined ? signal?.reason : this.#endError(command) });
      return call;
    }
    const fail = (error: unknown): void => call.settle({ ok: false, error });
    const prepared = prepareRequest(command, waiting === undefined ? properties : { ...properties, waiting });
    const message: Outgoing = {
      text: JSON.stringify({ id: call.id, command, properties: prepared.properties, ...this.#auth }),
      command,
      answered: true,
      repeatable: prepared.repeatable,
      sent: () => {},
      failed: fail,
    };
    const expire = (): void => {
      const sent = this.#link.wasSent(message);
      const what = `${sent ? 'reply to' : 'connection for'} ${command}`;
      fail(new RingmasterError('RM_CLIENT_TIMEOUT', [what, this.endpoint, timeout_ms], { context: { command, sent } }));
    };
    const timer = timeout_ms === Number.POSITIVE_INFINITY ? undefined : systemClock.setTimeout(expire, timeout_ms);
    const unlisten = onAbort(signal, fail);
    this.#calls.set(call.id, call);
    call.onSettled(() => {
      timer?.[Symbol.dispose]();
      unlisten();
      this.#calls.delete(call.id);
      this.#link.forget(message);
    });
    this.#link.send(message);
    return call;
  }

  async #pubsubEndpoint(signal: AbortSignal | undefined): Promise<string> {
    const { options } = await this.call('globaloptions', { option: 'pubsub_endpoint' }, signal === undefined ? {} : { signal });
    const endpoint: unknown = options?.pubsub_endpoint;
    if (typeof endpoint === 'string') return endpoint;
    if (endpoint !== undefined) throw new RingmasterError('RM_CLIENT_UNREADABLE', ['the reply to globaloptions', 'an endpoint is no text']);
    throw new RingmasterError('RM_CLIENT_REFUSED', [this.endpoint, 'it has no event endpoint']);
  }

  /** A reply that nobody waits for any more is one to a call that has timed out or was given up. */
  #receive(body: Uint8Array): void {
    const reply: Reply = JSON.parse(new TextDecoder().decode(body));
    const call = this.#calls.get(String(reply.id));
    if (call === undefined) return;
    call.settle(reply.status === 'error' ? { ok: false, error: new ReplyError(call.command, reply) } : { ok: true, reply });
  }

  #end(ended: { readonly reason?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    this.#unlisten();
    this.#link.close((command) => this.#endError(command));
    for (const stream of [...this.#streams]) stream.close('reason' in ended ? ended.reason : undefined);
  }

  #endError(command: string): unknown {
    const ended = this.#ended ?? {};
    return 'reason' in ended ? ended.reason : new RingmasterError('RM_CLIENT_CLOSED', [command]);
  }
}

/** Calls `told` with the reason when the signal aborts, in a later turn where it already has; what is returned takes that back. */
function onAbort(signal: AbortSignal | undefined, told: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => {};
  const listener = (): void => told(signal.reason);
  if (signal.aborted) queueMicrotask(listener);
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
