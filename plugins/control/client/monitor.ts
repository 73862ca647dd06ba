import type { Event, Socket } from 'zeromq';

/** Tells what happens to a socket's connections, until the socket is closed. */
export async function monitor(socket: Socket, told: (type: Event['type']) => void): Promise<void> {
  const { events } = socket;
  while (!events.closed) {
    const event: Event | undefined = await events.receive();
    // Nothing comes of a receive that the end of the socket has cut short.
    if (event === undefined || event.type === 'end') return;
    told(event.type);
  }
}
