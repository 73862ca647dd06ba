import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRingmasterError, messageOf, RingmasterError } from '../../../core/index.js';
import { reasonOf, type SshServer, sshArguments } from './ssh-command.js';
import { handshakeOf } from './talk.js';

const LOOK_MS = 10;
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** One ssh that forwards to one address. */
interface Forward {
  readonly child: ChildProcess;
  readonly endpoint: string;
  /** Resolves when ssh has ended and all that it said is known. */
  readonly ended: Promise<void>;
  stderr: string;
  is_over: boolean;
}

/** Ways to addresses of another machine, each a unix socket here that the system's ssh forwards to one there. */
export class SshTunnel {
  readonly #server: SshServer;
  readonly #timeout_s: number;
  readonly #ways = new Map<string, Promise<string>>();
  readonly #forwards: Forward[] = [];
  #directory: string | undefined;

  constructor(server: SshServer, timeout_ms: number) {
    this.#server = server;
    this.#timeout_s = Math.max(1, Math.ceil(timeout_ms / 1000));
  }

  /**
   * The address here that leads to `endpoint` there; made once, and again when ssh has ended meanwhile.
   *
   * @throws RM_SSH, ArgumentError for an address that can't be forwarded to
   */
  reach(endpoint: string): Promise<string> {
    const known = this.#ways.get(endpoint);
    if (known !== undefined) return known;
    const way = this.#open(endpoint);
    this.#ways.set(endpoint, way);
    way.catch(() => this.#ways.delete(endpoint));
    return way;
  }

  /** Ends every ssh and resolves when they are gone. */
  async close(): Promise<void> {
    this.#killAll();
    await Promise.all(this.#forwards.map(({ ended }) => ended));
    this.#forget();
  }

  /** `error` in the words of ssh, where the connection that failed was one through it; that ends it. */
  async explained(error: unknown): Promise<unknown> {
    if (!isRingmasterError(error, 'RM_CLIENT_REFUSED') && !isRingmasterError(error, 'RM_CLIENT_LOST')) return error;
    // All that ssh has to say is known when it has ended.
    await this.close();
    const failed = this.#forwards.findLast(({ stderr }) => reasonOf(stderr) !== undefined) ?? this.#forwards.at(-1);
    if (failed === undefined) return error;
    return this.#failure(failed.endpoint, reasonOf(failed.stderr) ?? handshakeOf(error) ?? 'nothing answers there', error);
  }

  async #open(endpoint: string): Promise<string> {
    const local = join(this.#place(), `${this.#forwards.length}.sock`);
    const child = spawn('ssh', sshArguments(this.#server, local, endpoint, this.#timeout_s), { stdio: ['ignore', 'ignore', 'pipe'] });
    let failed: unknown;
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        failed = error;
        resolve();
      });
      child.once('close', () => resolve());
    });
    const forward: Forward = { child, endpoint, ended, stderr: '', is_over: false };
    this.#forwards.push(forward);
    child.stderr?.on('data', (chunk) => {
      forward.stderr += String(chunk);
    });
    void ended.then(() => {
      forward.is_over = true;
      this.#ways.delete(endpoint);
    });
    // ssh makes the socket when it has been let in; until then it may ask for a passphrase on the terminal.
    while (!existsSync(local)) {
      await Promise.race([ended, sleep(LOOK_MS)]);
      if (!forward.is_over) continue;
      const is_missing = failed instanceof Error && 'code' in failed && failed.code === 'ENOENT';
      const why = is_missing ? 'there is no program ssh on PATH' : failed === undefined ? reasonOf(forward.stderr) : messageOf(failed);
      throw this.#failure(endpoint, why ?? `ssh ended with ${child.signalCode ?? `status ${child.exitCode}`}`, failed);
    }
    return `ipc://${local}`;
  }

  #failure(endpoint: string, why: string, cause: unknown): RingmasterError {
    return new RingmasterError('RM_SSH', [endpoint, this.#server.given, why], { cause });
  }

  /** A directory that only its owner may enter, as whoever reaches the socket reaches the daemon. */
  #place(): string {
    if (this.#directory === undefined) {
      this.#directory = mkdtempSync(join(tmpdir(), 'rm-ssh-'));
      for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    }
    return this.#directory;
  }

  #forget(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }

  #killAll(): void {
    for (const { child, is_over } of this.#forwards) if (!is_over) child.kill();
  }

  /** ssh would outlive a program that a signal ends; where nobody else has plans for the signal, it ends us after all. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    this.#killAll();
    this.#forget();
    process.kill(process.pid, signal);
  };
}
