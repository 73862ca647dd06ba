import { closeSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { errnoName, OsError } from '../os-error.js';
import type { OutputSink } from '../port.js';
import type { Handle, Handles } from './handles.js';
import type { Libc } from './libc.js';
import { PAUSE_MS, Pace } from './pace.js';
import { PipeWidth, WIDE_BYTES } from './pipe-width.js';

/** Before what is read, for what a sink held back of before. */
const ROOM_BYTES = 64 * 1024;
/** One for all pipes: what was read is consumed before anything else is. */
const BUFFER = Buffer.allocUnsafeSlow(ROOM_BYTES + WIDE_BYTES).subarray(ROOM_BYTES);

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

/** By Node's inner handles where there are any, else by its sockets. */
export function pipeReader(handles: Handles | null, libc: Libc): OpenReading {
  return handles ? (fd, sink) => readByHandle(handles, libc, fd, sink) : readBySocket;
}

function readByHandle({ make, bytes }: Handles, libc: Libc, fd: number, sink: OutputSink): Reading {
  const handle = open(make(), fd);
  const width = new PipeWidth(libc, fd);
  const pace = new Pace();
  const go = (): void => void handle.readStart();
  const close = (): void => {
    handle.close();
    width.release();
  };
  handle.onread = () => {
    const count = bytes();
    if (count > 0) {
      width.found(count);
      const pending = sink.write(count === WIDE_BYTES ? BUFFER : BUFFER.subarray(0, count), ROOM_BYTES);
      const pause = pace.read(count, width.full_bytes, performance.now());
      if (pending === undefined && !pause) return;
      handle.readStop();
      if (pending === undefined) setTimeout(go, PAUSE_MS);
      else pending.then(go, go);
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
