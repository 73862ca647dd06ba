import { connect } from 'node:net';

/** Connects and closes again. Rejects where that is refused, or `signal` is aborted first. */
export function knock(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const close = (): void => {
      socket.destroy(signal.reason);
    };
    signal.addEventListener('abort', close);
    socket.on('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => signal.removeEventListener('abort', close));
  });
}
