import { existsSync } from 'node:fs';
import type { VerbOption, VerbValues } from '../../../core/index.js';
import type { ClientKeys } from '../client.js';
import { ArgumentError } from '../command.js';
import { readKeyPair } from '../curve/key-files.js';
import { isKey } from '../curve/z85.js';

/** Options of every verb that can talk to a daemon that wants a key. */
export const KEY_OPTIONS: readonly VerbOption[] = [
  { name: 'key', value: 'FILE', completes: 'files', summary: 'your own key pair, for a daemon that wants one (RINGMASTER_KEY)' },
  { name: 'server-key', value: 'KEY', summary: "the daemon's public key, as `ringmaster keys show` prints it (RINGMASTER_SERVER_KEY)" },
];

/**
 * The keys that options, or else the environment, name; undefined where there are none.
 *
 * @throws ArgumentError for one without the other; RM_KEY_FILE
 */
export function clientKeys(values: VerbValues, env: Readonly<Record<string, string | undefined>>): ClientKeys | undefined {
  const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const file = text(values.key) ?? text(env.RINGMASTER_KEY);
  const server_key = text(values['server-key']) ?? text(env.RINGMASTER_SERVER_KEY);
  if (file === undefined && server_key === undefined) return undefined;
  if (file === undefined || server_key === undefined) {
    throw new ArgumentError('--key FILE and --server-key KEY go together: your own keys, and the public one of the daemon');
  }
  if (!isKey(server_key)) {
    const hint = existsSync(server_key) ? 'a file' : 'something else';
    throw new ArgumentError(`--server-key must be a public key of 40 characters, got ${hint}`);
  }
  return { ...readKeyPair(file), server_key };
}
