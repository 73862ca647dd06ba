import { type HitCounter, type Logger, messageOf, type SocketHitCount, type SupervisorApi } from '../../core/index.js';
import { type Message, socketMessages } from './topics.js';

/** Messages about the hits of managed sockets, which are counted only while somebody listens. */
export class SocketStats implements Disposable {
  readonly #supervisor: Pick<SupervisorApi, 'countHits'>;
  readonly #log: Logger;
  #counter: HitCounter | null = null;
  #impossible = false;

  constructor(supervisor: Pick<SupervisorApi, 'countHits'>, log: Logger) {
    this.#supervisor = supervisor;
    this.#log = log;
  }

  /** What has come since the last round; nothing in the first one that is wanted, for nothing was counted before. */
  round(wanted: boolean): readonly Message[] {
    if (!wanted) this[Symbol.dispose]();
    else if (this.#counter) return socketMessages(this.#counter.take().map(readsOf));
    else this.#start();
    return [];
  }

  [Symbol.dispose](): void {
    this.#counter?.[Symbol.dispose]();
    this.#counter = null;
  }

  #start(): void {
    if (this.#impossible) return;
    try {
      this.#counter = this.#supervisor.countHits();
    } catch (error) {
      this.#impossible = true;
      this.#log.warn(`hits of sockets are not published: ${messageOf(error)}`);
    }
  }
}

function readsOf({ socket: { number, host, port, path }, hits }: SocketHitCount): Parameters<typeof socketMessages>[0][number] {
  return { fd: number, address: path ?? `${host}:${port}`, reads: hits };
}
