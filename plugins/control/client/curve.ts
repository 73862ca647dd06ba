import type { ClientKeys } from './types.js';

/** Keys as a socket takes them. */
export interface CurveClientOptions {
  readonly curvePublicKey: string;
  readonly curveSecretKey: string;
  readonly curveServerKey: string;
}

/** @param endpoint where to connect to: over anything but TCP there are no keys */
export function curveOptions(keys: ClientKeys | undefined, endpoint: string): CurveClientOptions | undefined {
  if (keys === undefined || !endpoint.startsWith('tcp://')) return undefined;
  return { curvePublicKey: keys.public_key, curveSecretKey: keys.secret_key, curveServerKey: keys.server_key };
}
