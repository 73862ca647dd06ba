import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { messageOf, RingmasterError } from '../errors.js';
import type { SyslogOutput } from './log-output.js';
import { syslogLine } from './syslog-line.js';

/** A way to syslog. */
interface Transport {
  /** @param done with an error where the message is lost */
  send(message: string, done: (error?: Error | null) => void): void;
  /** @param done called when what was sent before is out */
  close(done: () => void): void;
}

/**
 * A stream that takes lines of JSON, as pino writes them, and sends them to syslog. What can't be sent is counted; the first
 * failure is told on standard error, and the number when syslog is back.
 *
 * @throws RM_LOG_OPEN where nobody listens at the path
 */
export async function openSyslog({ at, url, facility }: SyslogOutput, told: (text: string) => void): Promise<Writable> {
  const is_path = 'path' in at;
  let transport: Transport;
  try {
    transport = is_path ? await unixTransport(at.path) : udpTransport(at.host, at.port);
  } catch (cause) {
    throw new RingmasterError('RM_LOG_OPEN', [url, messageOf(cause)], { cause });
  }
  const host = is_path ? null : hostname();
  let lost = 0;
  const sent = (error?: Error | null): void => {
    if (error) {
      if (lost++ === 0) told(`the log can not be sent to ${url}: ${messageOf(error)}\n`);
    } else if (lost > 0) {
      told(`the log is sent to ${url} again; ${lost} lines are lost\n`);
      lost = 0;
    }
  };
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split('\n')) if (line !== '') transport.send(syslogLine(line, facility, host), sent);
      done();
    },
    final(done) {
      transport.close(done);
    },
  });
}

function udpTransport(host: string, port: number): Transport {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let pending = 0;
  let closed: (() => void) | undefined;
  const closeWhenDone = (): void => {
    if (closed !== undefined && pending === 0) socket.close(closed);
  };
  return {
    send(message, done) {
      pending++;
      socket.send(message, port, host, (error) => {
        pending--;
        done(error);
        closeWhenDone();
      });
    },
    close(done) {
      closed = done;
      closeWhenDone();
    },
  };
}

async function unixTransport(path: string): Promise<Transport> {
  const { openDatagramSocket } = await import('../os/posix/datagram.js');
  const socket = await openDatagramSocket(path);
  socket.probe();
  return {
    send(message, done) {
      let failure: Error | undefined;
      try {
        socket.send(message);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
      done(failure);
    },
    close(done) {
      socket[Symbol.dispose]();
      done();
    },
  };
}
