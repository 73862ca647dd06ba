import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Logger, messageOf, RingmasterError } from '../../core/index.js';

export interface UdpListener {
  /** The one that is listened on, also where any was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

/** As much as Circus reads of a datagram. */
const LONGEST_BYTES = 1024;

/** Listens for datagrams, each of which is a text. @throws RM_ENDPOINT_BIND */
export async function listenUdp(ip: string, port: number, log: Logger, heard: (text: string) => void): Promise<UdpListener> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  const close = (): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: ip, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    await close();
    throw new RingmasterError('RM_ENDPOINT_BIND', [`udp://${ip}:${port}`, messageOf(cause)], { cause });
  }
  socket.on('error', (error) => log.error(`heartbeats can not be received: ${messageOf(error)}`));
  socket.on('message', (data) => heard(data.toString('utf8', 0, LONGEST_BYTES)));
  return { port: socket.address().port, close };
}
