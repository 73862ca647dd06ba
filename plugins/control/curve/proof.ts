import { createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { decodeZ85 } from './z85.js';

/** What precedes the bytes of a key in its DER form. @source RFC 8410 */
const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * What a client puts into each request to say whose key it has. ZeroMQ lets only authorised keys connect and does not tell which of
 * them a message is from; this text only the two ends can compute, and it is only ever sent encrypted.
 *
 * @param secret_key one's own secret key
 * @param public_key the public key of the other end
 * @throws Error for what are no keys
 */
export function proofOf(secret_key: string, public_key: string): string {
  const privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE, bytesOf(secret_key)]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC, bytesOf(public_key)]), format: 'der', type: 'spki' });
  return createHmac('sha256', diffieHellman({ privateKey, publicKey })).update('ringmaster control 1').digest('base64url');
}

function bytesOf(key: string): Buffer {
  const bytes = decodeZ85(key);
  if (bytes?.length !== 32) throw new Error('a key has 40 characters');
  return bytes;
}
