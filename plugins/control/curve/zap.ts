import type { Router } from 'zeromq';
import { zeromq } from '../zeromq.js';

/** Says whether a key, as 32 bytes, may connect. Must not throw. */
type MayConnect = (public_key: Buffer) => boolean;

/** ZeroMQ asks at one address for the whole process, and says for which domain: each supervisor has one of its own. */
const domains = new Map<string, MayConnect>();
let handler: Router | undefined;

/**
 * Has `mayConnect` asked about each key that wants to connect to a socket of that domain, until that is disposed of.
 *
 * @throws Error EADDRINUSE where the process has somebody else who answers already
 * @source ZeroMQ RFC 27
 */
export async function authenticate(domain: string, mayConnect: MayConnect): Promise<Disposable> {
  domains.set(domain, mayConnect);
  try {
    if (handler === undefined) {
      handler = new (zeromq().Router)({ linger: 0 });
      const socket = handler;
      await socket.bind('inproc://zeromq.zap.01');
      void serve(socket);
    }
  } catch (error) {
    leave(domain);
    throw error;
  }
  return { [Symbol.dispose]: () => leave(domain) };
}

function leave(domain: string): void {
  domains.delete(domain);
  if (domains.size > 0) return;
  handler?.close();
  handler = undefined;
}

async function serve(socket: Router): Promise<void> {
  for await (const [client, empty, version, id, domain, , , mechanism, key] of socket) {
    if (client === undefined || empty === undefined || version === undefined || id === undefined) continue;
    const isIn = mechanism?.toString() === 'CURVE' && key !== undefined && domains.get(domain?.toString() ?? '')?.(key) === true;
    if (socket.closed) return;
    await socket.send([client, empty, version, id, isIn ? '200' : '400', isIn ? 'OK' : 'not authorised', '', '']);
  }
}
