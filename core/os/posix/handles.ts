import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { afterDeadline } from '../deadline.js';
import { openPipe } from './fds.js';
import type { Libc } from './libc.js';

/** Node's own handle of a pipe, below its streams: it costs a tenth of a socket, and takes descriptors of any kind. */
export interface Handle {
  /** Takes charge of the descriptor. Returns 0, or minus an errno. */
  open(fd: number): number;
  readStart(): number;
  readStop(): number;
  /** Where everything is read to; it has to stay referenced elsewhere. */
  useUserBuffer(buffer: Uint8Array): void;
  close(): void;
  ref(): void;
  unref(): void;
  /** Called for each read; it must return nothing. */
  onread: () => void;
}

/** What is used of Node's inside. */
export interface Handles {
  make(): Handle;
  /** In a call of `onread`: how many bytes were read, or minus an errno. */
  bytes(): number;
}

const DEADLINE_MS = 2000;

/**
 * Node's handles, if they work here as they are used: tried out on a pipe, for they are no public interface. Null where not.
 *
 * @source lib/net.js, src/stream_base.cc of Node
 */
export async function findHandles(libc: Libc): Promise<Handles | null> {
  const { read, write } = openPipe(libc);
  try {
    const handles = reachHandles(read);
    return handles && (await works(handles, libc)) ? handles : null;
  } finally {
    closeSync(write);
  }
}

function reachHandles(fd: number): Handles | null {
  const socket = new Socket({ fd, readable: true, writable: false });
  const inner: unknown = Reflect.get(socket, '_handle');
  socket.destroy();
  const state = streamState();
  if (typeof inner !== 'object' || inner === null || state === null) return null;
  const Pipe = inner.constructor;
  return { make: () => Reflect.construct(Pipe, [0]), bytes: () => state[0] ?? 0 };
}

/** Where Node leaves the result of a read for JavaScript. */
function streamState(): Int32Array | null {
  const binding: unknown = Reflect.get(process, 'binding');
  if (typeof binding !== 'function') return null;
  try {
    const { streamBaseState } = binding('stream_wrap') ?? {};
    return streamBaseState instanceof Int32Array ? streamBaseState : null;
  } catch {
    // Refused by Node's permission model.
    return null;
  }
}

/** Whether a handle reads what is written, tells how much, stops when told to, and tells of the end. */
async function works({ make, bytes }: Handles, libc: Libc): Promise<boolean> {
  const text = Buffer.from('hello');
  const { read, write } = openPipe(libc);
  const seen: number[] = [];
  const buffer = Buffer.alloc(16);
  const handle = make();
  return new Promise<boolean>((resolve) => {
    const end = (works: boolean): void => {
      deadline[Symbol.dispose]();
      handle.close();
      closeSync(write);
      resolve(works);
    };
    const deadline = afterDeadline(() => end(false), DEADLINE_MS);
    if (handle.open(read) !== 0) return end(false);
    handle.useUserBuffer(buffer);
    handle.onread = () => {
      seen.push(bytes());
      end(seen.length === 1 && seen[0] === text.length && buffer.subarray(0, text.length).equals(text) && handle.readStop() === 0);
    };
    if (handle.readStart() !== 0) return end(false);
    writeSync(write, text);
  });
}
