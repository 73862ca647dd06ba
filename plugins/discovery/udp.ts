import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

/** IPv4 addresses of this machine, one for each of its interfaces; the loopback is one of them. */
export function ownAddresses(): readonly string[] {
  const first = Object.values(networkInterfaces()).flatMap((found = []) => found.filter(({ family }) => family === 'IPv4').slice(0, 1));
  return first.map(({ address }) => address);
}

/** A UDP socket at a port of every address, or of the one given; several may share a port. @throws Error of the system */
export async function openUdp(port: number, address = '0.0.0.0'): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: true }, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
  } catch (error) {
    await closeUdp(socket);
    throw error;
  }
  return socket;
}

/** Resolves when nothing of the socket is left. */
export function closeUdp(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/**
 * Joins a group on every interface, so that it works without a network too.
 *
 * @throws Error of the system where it can be joined on none
 */
export function joinGroup(socket: Socket, group: string): void {
  const failures = ownAddresses().flatMap((address) => {
    try {
      socket.addMembership(group, address);
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (failures.length === ownAddresses().length) throw failures[0] ?? new Error('this machine has no IPv4 address');
}
