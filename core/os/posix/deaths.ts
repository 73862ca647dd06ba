import type { Libc } from './libc.js';
import { AIO, SYS } from './syscalls.js';

/** struct iocb and struct io_event, and one command: to wait until a descriptor can be read. @source linux/aio_abi.h */
const IOCB = { bytes: 64, data: 0, command: 16, fd: 20, events: 24 } as const;
const EVENT = { bytes: 32, data: 0 } as const;
const POLL = 5;
const POLLIN = 1n;
/** Processes of one context; all users of a machine have 65536 together (fs.aio-max-nr). */
const CONTEXT_SIZE = 4096;
const EVENTS_AT_ONCE = 256;
const NOBODY: readonly never[] = [];

/**
 * Says which processes have ended without a look at the others: the kernel is asked by io_submit(2) to tell when a descriptor of the
 * process can be read, and keeps what it needs of it, so that the descriptor is closed again at once. Those that stay open would be
 * copied and closed by each spawn.
 *
 * It is a hint. What the kernel has no room for, or does not do at all, is not told, so somebody has to look as well.
 */
export class Deaths {
  readonly #libc: Pick<Libc, 'syscall' | 'close' | 'addressOf'>;
  readonly #calls = AIO[process.arch];
  readonly #contexts: bigint[] = [];
  readonly #iocb = Buffer.alloc(IOCB.bytes);
  readonly #iocbs = Buffer.alloc(8);
  readonly #events = Buffer.alloc(EVENT.bytes * EVENTS_AT_ONCE);
  readonly #context = Buffer.alloc(8);
  /** A timespec of nothing. */
  readonly #atOnce = Buffer.alloc(16);
  /** No context more, for there is none to be had. */
  #exhausted = false;

  constructor(libc: Pick<Libc, 'syscall' | 'close' | 'addressOf'>) {
    this.#libc = libc;
    this.#iocbs.writeBigUInt64LE(libc.addressOf(this.#iocb));
    this.#iocb.writeUInt16LE(POLL, IOCB.command);
    this.#iocb.writeBigUInt64LE(POLLIN, IOCB.events);
  }

  /** @param pid of a child that is not reaped yet. @returns whether its end will be told */
  watch(pid: number): boolean {
    if (this.#exhausted && this.#contexts.length === 0) return false;
    const fd = this.#libc.syscall(SYS.pidfd_open, pid, 0, 0, 0, 0);
    if (fd < 0) return false;
    this.#iocb.writeBigUInt64LE(BigInt(pid), IOCB.data);
    this.#iocb.writeInt32LE(fd, IOCB.fd);
    const watched = this.#contexts.some((context) => this.#submit(context)) || this.#submitToAnother();
    this.#libc.close(fd);
    return watched;
  }

  /** Pids of those that have ended since the last call. */
  take(): readonly number[] {
    return this.#contexts.length === 0 ? NOBODY : this.#contexts.flatMap((context) => this.#taken(context));
  }

  #submit(context: bigint): boolean {
    return this.#calls !== undefined && this.#libc.syscall(this.#calls.submit, context, 1, this.#libc.addressOf(this.#iocbs), 0, 0) === 1;
  }

  /** The others are full, or there is none. */
  #submitToAnother(): boolean {
    if (this.#exhausted || this.#calls === undefined) return false;
    this.#context.fill(0);
    this.#exhausted = this.#libc.syscall(this.#calls.setup, CONTEXT_SIZE, this.#libc.addressOf(this.#context), 0, 0, 0) < 0;
    if (this.#exhausted) return false;
    const context = this.#context.readBigUInt64LE();
    this.#contexts.push(context);
    // One that takes nothing though it is empty: another one would not either.
    this.#exhausted = !this.#submit(context);
    return !this.#exhausted;
  }

  #taken(context: bigint): readonly number[] {
    if (this.#calls === undefined) return [];
    const { addressOf, syscall } = this.#libc;
    const pids: number[] = [];
    for (let count = EVENTS_AT_ONCE; count === EVENTS_AT_ONCE; ) {
      count = syscall(this.#calls.getevents, context, 0, EVENTS_AT_ONCE, addressOf(this.#events), addressOf(this.#atOnce));
      for (let index = 0; index < count; index++) pids.push(Number(this.#events.readBigUInt64LE(index * EVENT.bytes + EVENT.data)));
    }
    return pids;
  }
}
