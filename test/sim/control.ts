import { setImmediate } from 'node:timers/promises';
import { Deferred } from '../../core/deferred.js';
import { type AnyPlugin, definePlugin, type OptionsSchema, ProcessSampler, RingmasterError } from '../../core/index.js';
import { Admission } from '../../plugins/control/admission.js';
import { LOCAL } from '../../plugins/control/asker.js';
import { asContribution } from '../../plugins/control/command.js';
import { commandTable } from '../../plugins/control/commands/index.js';
import { Dispatcher } from '../../plugins/control/dispatch.js';
import { markedSecrets } from '../../plugins/control/secrets.js';

/** A request on its way. */
interface Sent {
  readonly command: string;
  answers: number;
  /** Whether an endpoint has taken it: what nobody has read has no answer. */
  taken: boolean;
}

/** What is wrong with the reply to a request. */
export type Wrong = (what: string) => void;

const ENCODER = new TextEncoder();

/** The control endpoint of a simulated daemon, its clients and the wire between them. */
export class SimulatedControl {
  /** By id. */
  readonly #sent: Sent[] = [];
  readonly #wrong: Wrong;
  readonly #trace: (line: string) => void;
  readonly #taken: (properties: Readonly<Record<string, unknown>>) => void;
  readonly #properties: Readonly<Record<string, unknown>>[] = [];
  #unread: number[] = [];
  #bodies: Uint8Array[] = [];
  #read: ((id: number) => void) | null = null;

  /** @param taken told of each request when an endpoint takes it */
  constructor(wrong: Wrong, trace: (line: string) => void, taken: (properties: Readonly<Record<string, unknown>>) => void) {
    this.#taken = taken;
    this.#wrong = wrong;
    this.#trace = trace;
  }

  /** A client sends a request; it waits until somebody reads. */
  send(command: string, properties: Readonly<Record<string, unknown>>): void {
    const id = this.#sent.length;
    this.#sent.push({ command, answers: 0, taken: false });
    this.#properties[id] = properties;
    this.#bodies[id] = ENCODER.encode(JSON.stringify({ id, command, properties }));
    this.#trace(`request ${id}: ${command} ${JSON.stringify(properties)}`);
    if (this.#read === null) this.#unread.push(id);
    else this.#read(id);
  }

  /** Who was served has no answer any more; who comes now waits for the next daemon. */
  crashed(): void {
    this.#read = null;
    for (const sent of this.#sent) if (sent.taken && sent.answers === 0) sent.taken = false;
  }

  /** Clients that nobody has served give up. */
  giveUp(): void {
    this.#unread = [];
  }

  /** To be called when there is nothing more to come. */
  check(): void {
    for (const [id, { command, answers, taken }] of this.#sent.entries()) {
      if (taken && answers !== 1) this.#wrong(`request ${id}, ${command}, was answered ${answers} times`);
    }
  }

  #answered(text: string): void {
    const reply: { readonly id: number; readonly status: string; readonly code?: string; readonly reason?: string } = JSON.parse(text);
    const sent = this.#sent[reply.id];
    this.#trace(`reply ${reply.id}: ${reply.status} ${reply.reason ?? ''}`);
    if (sent === undefined) this.#wrong(`a reply to a request that nobody sent: ${text}`);
    else sent.answers++;
    if (reply.status === 'error' && reply.code === undefined)
      this.#wrong(`request ${reply.id}, ${sent?.command}, has failed: ${reply.reason}`);
  }

  /** @param dead whether the supervisor that it is for has crashed, so that it reads nothing more */
  plugin(dead: () => boolean): AnyPlugin {
    return definePlugin({
      name: 'simulated_control',
      summary: 'Answers simulated requests.',
      schema: NO_OPTIONS,
      applies: 'daemon',
      hooks: ['boot', 'shutdown'],
      setup: ({ supervisor, hooks, clock, log, scope, emit, extensions, extend }) => {
        const { promise: stopped, resolve } = new Deferred();
        const stop = (): void => resolve();
        const commands = extensions('command');
        const context = {
          supervisor,
          endpoints: ENDPOINTS,
          sampler: new ProcessSampler({ clock }),
          stopped,
          commands: () => [],
          audit: { entries: [], seq: 0 },
        };
        for (const command of commandTable.values()) extend('command', asContribution(command, context));
        const dispatcher = new Dispatcher({
          commands,
          context,
          clock,
          log,
          max_message_bytes: 10_000,
          max_in_flight: 1000,
          admission: new Admission({ clock, log, max_requests_per_s: 1_000_000 }),
          identify: () => LOCAL,
          secrets: () => markedSecrets(() => supervisor.plugins()),
          send: (_, reply) => this.#answered(reply),
          isKnownUpgrade: () => false,
          audited: ({ watcher, ...entry }) => emit(watcher, 'audit', entry),
          begun: () => (makeEntry) => makeEntry(),
        });
        const read = (id: number): void => {
          const [sent, body] = [this.#sent[id], this.#bodies[id]];
          if (sent === undefined || body === undefined) return;
          sent.taken = true;
          this.#taken(this.#properties[id] ?? {});
          dispatcher.handle('client', body);
        };
        hooks.boot.tap(() => {
          if (dead()) return;
          this.#read = read;
          // One that dies over a request reads no other.
          for (let id = this.#unread.shift(); id !== undefined; id = dead() ? undefined : this.#unread.shift()) read(id);
        });
        hooks.shutdown.tap(() => stop());
        scope.add('simulated endpoint', async () => {
          stop();
          await setImmediate();
          dispatcher.abandon(new RingmasterError('RM_CLOSED', ['the supervisor']));
          this.#read = null;
        });
      },
    });
  }
}

/** One for all worlds: it is compiled once. */
export const NO_OPTIONS = { type: 'object', additionalProperties: false, properties: {} } as const satisfies OptionsSchema;
const ENDPOINTS = { endpoint: 'inproc://sim', pubsub_endpoint: 'inproc://sim', stats_endpoint: null, multicast_endpoint: null };
