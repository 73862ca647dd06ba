import { setTimeout as sleep } from 'node:timers/promises';
import type { MulticastAddress } from './address.js';
import { closeUdp, openUdp, ownAddresses } from './udp.js';
import { type Answer, QUESTION, reachable, readAnswer } from './wire.js';

/** A daemon that answered. */
export interface Found extends Answer {
  /** Where the answer came from; 127.0.0.1 for this machine. */
  readonly address: string;
}

/** How often it is asked: a datagram may be lost. */
const QUESTIONS = 2;

/**
 * Asks on every interface and collects answers for so long; by address and endpoint.
 *
 * @throws Error of the system where it can't be asked on any
 */
export async function findDaemons({ group, port }: MulticastAddress, timeout_ms: number): Promise<readonly Found[]> {
  const own = ownAddresses();
  const found = new Map<string, Found>();
  const failures = new Map<string, Error>();
  const ask = async (address: string): Promise<void> => {
    const socket = await openUdp(0, address);
    try {
      socket.setMulticastInterface(address);
      socket.on('error', (error) => failures.set(address, error));
      socket.on('message', (datagram, sender) => {
        const answer = readAnswer(datagram);
        if (answer === null) return;
        const from = own.includes(sender.address) ? '127.0.0.1' : sender.address;
        found.set(JSON.stringify([answer.endpoint, answer.host ?? from, answer.pid]), { ...placed(answer, from), address: from });
      });
      for (let asked = 0; asked < QUESTIONS; asked++) {
        socket.send(QUESTION, port, group, (error) => {
          if (error) failures.set(address, error);
        });
        await sleep(timeout_ms / QUESTIONS);
      }
    } finally {
      await closeUdp(socket);
    }
  };
  await Promise.all(own.map((address) => ask(address).catch((error: Error) => failures.set(address, error))));
  if (failures.size === own.length) throw [...failures.values()][0] ?? new Error('this machine has no IPv4 address');
  const key = ({ address, endpoint }: Found): string => `${address} ${endpoint}`;
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function placed(answer: Answer, address: string): Answer {
  return {
    ...answer,
    endpoint: reachable(answer.endpoint, address) ?? answer.endpoint,
    pubsub_endpoint: reachable(answer.pubsub_endpoint, address),
    stats_endpoint: reachable(answer.stats_endpoint, address),
  };
}
