import { randomUUID } from 'node:crypto';
import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, explain, type Logger, messageOf, RingmasterError } from '../../../core/index.js';
import type { Asker } from '../asker.js';
import { type AuthorizedKey, parseAuthorized } from './authorized.js';
import { type KeyPair, readKeyFile, readKeyPair } from './key-files.js';
import { proofOf } from './proof.js';
import { encodeZ85 } from './z85.js';
import { authenticate } from './zap.js';

export interface CurveServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What relative names of files refer to. */
  readonly directory: string;
}

export interface CurveOptions {
  readonly secret_key_file: string;
  readonly authorized_keys_file: string;
}

/** What makes a socket one that only authorised keys connect to. */
export interface CurveSocketOptions {
  readonly curveServer: true;
  readonly curveSecretKey: string;
  readonly zapDomain: string;
  readonly zapEnforceDomain: true;
}

/** How often it is looked whether a key was revoked, for those that ask for nothing and only listen. */
const LOOK_MS = 1000;
/** How long there is no other line about keys that are refused. */
const QUIET_MS = 10_000;

/** Knows who may connect to the endpoints of one daemon, and who sent a request. */
export class CurveServer implements Disposable {
  readonly socket: CurveSocketOptions;
  readonly #pair: KeyPair;
  readonly #file: string;
  readonly #log: Logger;
  #seen = '';
  #refusals = 0;
  #told_ms = Number.NEGATIVE_INFINITY;
  #keys: readonly AuthorizedKey[] = [];
  #byProof: ReadonlyMap<string, AuthorizedKey> = new Map();
  #registered: Disposable | undefined;
  #timer: Disposable | undefined;
  readonly #onRevoked = new Set<() => void>();

  private constructor({ secret_key_file, authorized_keys_file }: CurveOptions, { log, directory }: CurveServerDeps) {
    this.#pair = readKeyPair(resolve(directory, secret_key_file));
    this.#file = resolve(directory, authorized_keys_file);
    this.#log = log;
    const zapDomain = `ringmaster-${randomUUID()}`;
    this.socket = { curveServer: true, curveSecretKey: this.#pair.secret_key, zapDomain, zapEnforceDomain: true };
  }

  /** @throws RM_KEY_FILE */
  static async open(options: CurveOptions, deps: CurveServerDeps): Promise<CurveServer> {
    const server = new CurveServer(options, deps);
    server.#read();
    server.#registered = await authenticate(server.socket.zapDomain, (key) => server.#mayConnect(encodeZ85(key)));
    server.#look(deps.clock);
    return server;
  }

  /** Calls `told` whenever a key is no longer authorised that was, a second later at most; disposing ends that. */
  onRevoked(told: () => void): Disposable {
    this.#onRevoked.add(told);
    return { [Symbol.dispose]: () => this.#onRevoked.delete(told) };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#registered?.[Symbol.dispose]();
  }

  /** Who sent a request with this proof; whoever could connect may look, and whoever has been revoked may nothing. @throws RM_FORBIDDEN */
  identify(proof: unknown): Asker {
    this.#refresh();
    if (typeof proof !== 'string') return { who: 'a key that does not say which', role: 'read' };
    const key = this.#byProof.get(proof);
    if (key === undefined) throw new RingmasterError('RM_FORBIDDEN', ['a request', 'its key is not authorised, or is no more']);
    return { who: `key ${key.name}`, role: key.role };
  }

  #look(clock: Clock): void {
    this.#timer = clock.setTimeout(() => {
      this.#refresh();
      this.#look(clock);
    }, LOOK_MS);
  }

  #mayConnect(public_key: string): boolean {
    this.#refresh();
    const found = this.#keys.find((key) => key.public_key === public_key);
    if (found === undefined) this.#refused(public_key);
    return found !== undefined;
  }

  /** Strangers do not fill the log. */
  #refused(public_key: string): void {
    this.#refusals++;
    if (performance.now() - this.#told_ms < QUIET_MS) return;
    this.#told_ms = performance.now();
    this.#log.warn('a key that is not authorised was refused', { public_key, refusals: this.#refusals });
  }

  /** A file that can't be read any more lets nobody in. */
  #refresh(): void {
    try {
      if (this.#stamp() !== this.#seen) this.#read();
    } catch (error) {
      if (this.#keys.length > 0) this.#log.error(`nobody is let in any more: ${explain(error)}`);
      this.#take([], '');
    }
  }

  #read(): void {
    const stamp = this.#stamp();
    const text = readKeyFile(this.#file, false);
    try {
      this.#take(parseAuthorized(text), stamp);
    } catch (cause) {
      throw new RingmasterError('RM_KEY_FILE', [this.#file, messageOf(cause)], { cause });
    }
  }

  #take(keys: readonly AuthorizedKey[], stamp: string): void {
    const revoked = this.#keys.filter((old) => !keys.some(({ public_key }) => public_key === old.public_key));
    this.#keys = keys;
    this.#byProof = new Map(keys.map((key) => [proofOf(this.#pair.secret_key, key.public_key), key]));
    this.#seen = stamp;
    if (revoked.length === 0) return;
    this.#log.info('keys are no longer authorised', { names: revoked.map(({ name }) => name) });
    for (const told of this.#onRevoked) told();
  }

  #stamp(): string {
    const found: BigIntStats | undefined = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? 'none' : `${found.dev}:${found.ino}:${found.ctimeNs}:${found.size}`;
  }
}
