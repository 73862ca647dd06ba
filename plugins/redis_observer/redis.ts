import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { commandsOf, decode, encode, type RedisTarget } from './policy.js';

/** More than INFO ever answers. */
const LONGEST_BYTES = 16 * 1_048_576;

/** What the server answers to INFO, asked on a connection of its own. Rejects where it can't be reached or `signal` is aborted. */
export function askInfo(target: RedisTarget, signal: AbortSignal): Promise<string> {
  const commands = commandsOf(target);
  return new Promise((resolve, reject) => {
    const socket = open(target);
    const close = (): void => {
      socket.destroy(signal.reason);
    };
    let bytes = Buffer.alloc(0);
    let open_replies = commands.length;
    signal.addEventListener('abort', close);
    socket.on('error', reject);
    socket.on('close', () => {
      signal.removeEventListener('abort', close);
      reject(new Error('the server has closed the connection'));
    });
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        if (bytes.length > LONGEST_BYTES) throw new Error('the answer is too long');
        for (let reply = decode(bytes); reply !== null; reply = decode(bytes)) {
          bytes = bytes.subarray(reply.length);
          open_replies -= 1;
          if (open_replies > 0) continue;
          resolve(reply.text);
          socket.destroy();
          return;
        }
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    });
    socket.write(commands.map(encode).join(''));
  });
}

function open({ tls, host, port, path }: RedisTarget): Socket {
  if (path !== null) return connect({ path });
  return tls ? connectTls({ host, port, servername: host }) : connect({ host, port });
}
