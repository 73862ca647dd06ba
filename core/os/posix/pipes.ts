import { closeSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { errnoName, OsError } from '../os-error.js';
import type { OutputSink } from '../port.js';
import type { Handle, Handles } from './handles.js';
import { C, type Libc } from './libc.js';

/** What a pipe holds unless it is asked to hold more. @source pipe(7) */
const PIPE_BYTES = 64 * 1024;
/** As much as a busy pipe is made to hold. */
const BUFFER_BYTES = 256 * 1024;
/** Before what is read, for what a sink held back of before. */
const ROOM_BYTES = 64 * 1024;
/** One for all pipes: what was read is consumed before anything else is. */
const BUFFER = Buffer.allocUnsafeSlow(ROOM_BYTES + BUFFER_BYTES).subarray(ROOM_BYTES);

/** A pipe that is read, once started, to its end, and no further than its sink follows. */
export interface Reading {
  start(): void;
  /** Instead of starting: closes the pipe and tells nobody. */
  cancel(): void;
  /** Reads on, but no longer keeps the host process alive. */
  unref(): void;
}

/** Takes charge of the reading end of a pipe. @throws OsError */
export type OpenReading = (fd: number, sink: OutputSink) => Reading;

/** A pipe that was found full so many times has so much to say that a bigger one saves an eighth of the processor time. */
const BUSY_READS = 16;
/** What the pipes of one user hold is limited for all of his programs together. @source pipe(7), pipe-user-pages-soft */
const WIDE_AT_MOST = 64;
let wide = 0;

/** By Node's inner handles where there are any, else by its sockets. */
export function pipeReader(handles: Handles | null, libc: Libc): OpenReading {
  return handles ? (fd, sink) => readByHandle(handles, libc, fd, sink) : readBySocket;
}

function readByHandle({ make, bytes }: Handles, libc: Libc, fd: number, sink: OutputSink): Reading {
  const handle = open(make(), fd);
  let fullReads = 0;
  let isWide = false;
  const widen = (): void => {
    fullReads += 1;
    if (fullReads !== BUSY_READS || wide >= WIDE_AT_MOST) return;
    isWide = libc.fcntl(fd, C.F_SETPIPE_SZ, BUFFER_BYTES) >= 0;
    if (isWide) wide += 1;
  };
  const close = (): void => {
    handle.close();
    if (isWide) wide -= 1;
  };
  handle.onread = () => {
    const count = bytes();
    if (count > 0) {
      if (count === PIPE_BYTES) widen();
      const pending = sink.write(count === BUFFER_BYTES ? BUFFER : BUFFER.subarray(0, count), ROOM_BYTES);
      if (pending === undefined) return;
      handle.readStop();
      const go = (): void => void handle.readStart();
      pending.then(go, go);
    } else if (count < 0) {
      close();
      sink.end();
    }
  };
  return { start: () => void handle.readStart(), cancel: () => handle.close(), unref: () => handle.unref() };
}

function open(handle: Handle, fd: number): Handle {
  const failed = handle.open(fd);
  if (failed !== 0) {
    handle.close();
    closeSync(fd);
    throw new OsError(errnoName(-failed), 'uv_pipe_open', 'cannot read a pipe');
  }
  handle.useUserBuffer(BUFFER);
  return handle;
}

function readBySocket(fd: number, sink: OutputSink): Reading {
  const options: SocketConstructorOpts & { readonly onread: object } = {
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: BUFFER,
      callback(count: number): boolean {
        const pending = sink.write(BUFFER.subarray(0, count), ROOM_BYTES);
        if (pending === undefined) return true;
        const go = (): void => void socket.resume();
        pending.then(go, go);
        return false;
      },
    },
  };
  const socket = new Socket(options);
  let told = false;
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    if (told) sink.end();
  });
  return {
    start: () => {
      told = true;
      socket.resume();
    },
    cancel: () => void socket.destroy(),
    unref: () => void socket.unref(),
  };
}
