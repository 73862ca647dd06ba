import { accessSync, constants } from 'node:fs';

/**
 * Why whoever listens there does not let us in, by the event of the socket that tells of it; undefined for other events.
 *
 * @param has_key whether we came with a key
 */
export function handshakeRefusal(type: string, has_key: boolean): string | undefined {
  if (type === 'handshake:error:auth') return 'the key is not authorised there';
  if (!type.startsWith('handshake:error')) return undefined;
  if (has_key) return 'what listens there does not speak ZeroMQ, wants no keys, or has another key than --server-key says';
  return 'what listens there does not speak ZeroMQ, or wants a key (--key and --server-key)';
}

/** Why nothing answers at an endpoint, in words. */
export function refusal(endpoint: string): string {
  const path = /^ipc:\/\/([^@].*)$/.exec(endpoint)?.[1];
  if (path === undefined) return 'nothing listens there';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'there is no such socket';
    if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
    return String(code);
  }
  return 'nothing listens there any more';
}
