import { type Clock, type Logger, messageOf } from '../../core/index.js';
import type { MulticastAddress } from './address.js';
import { closeUdp, joinGroup, openUdp } from './udp.js';
import { isQuestion } from './wire.js';

/** Whoever sends more gets no answer: what asks can lie about where it is. */
const ANSWERS_PER_S = 100;

export interface ResponderOptions extends MulticastAddress {
  readonly clock: Clock;
  readonly log: Logger;
  /** The answer as it is at this moment. */
  answer(): string;
}

/** Answers each datagram that comes to the group, from where it came. @throws Error of the system */
export async function startResponder({ group, port, clock, log, answer }: ResponderOptions): Promise<AsyncDisposable> {
  const socket = await openUdp(port);
  let since_ms = clock.now();
  let answered = 0;
  const failed = (error: Error): void => log.debug('a discovery was not answered', { reason: messageOf(error) });
  socket.on('error', failed);
  socket.on('message', (datagram, { address, port: from }) => {
    if (clock.now() - since_ms >= 1000) {
      since_ms = clock.now();
      answered = 0;
    }
    if (answered >= ANSWERS_PER_S || !isQuestion(datagram)) return;
    answered++;
    socket.send(answer(), from, address, (error) => {
      if (error) failed(error);
    });
  });
  try {
    joinGroup(socket, group);
  } catch (error) {
    await closeUdp(socket);
    throw error;
  }
  return { [Symbol.asyncDispose]: () => closeUdp(socket) };
}
