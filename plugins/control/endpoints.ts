import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, PlantedError, RingmasterError, runtimeDir, trustedPath } from '../../core/index.js';

type Env = Readonly<Record<string, string | undefined>>;

/** The endpoints of a daemon whose config names none; daemon and command line come to the same ones. */
export function defaultEndpoints(
  env: Env = process.env,
  uid?: number,
): { readonly endpoint: string; readonly pubsub_endpoint: string; readonly stats_endpoint: string } {
  const dir = runtimeDir(env, uid);
  const at = (name: string): string => `ipc://${join(dir, name)}`;
  return { endpoint: at('control.sock'), pubsub_endpoint: at('events.sock'), stats_endpoint: at('stats.sock') };
}

/** The address by which a client on this machine, in whatever directory, reaches what listens at `endpoint`. */
export function reachable(endpoint: string): string {
  const path = /^ipc:\/\/([^@*].*)$/.exec(endpoint)?.[1];
  if (path !== undefined) return `ipc://${resolve(path)}`;
  return endpoint.replace(/^tcp:\/\/(?:\*|0\.0\.0\.0)(?=:)/, 'tcp://127.0.0.1').replace(/^tcp:\/\/\[::\](?=:)/, 'tcp://[::1]');
}

/**
 * Makes the runtime directory, for its owner only, where it is not there yet.
 *
 * @throws RM_ENDPOINT_BIND where it is a link, belongs to somebody else, or others may write to it
 */
export function prepareRuntimeDir(dir: string): void {
  const refuse = (why: string, cause?: unknown): RingmasterError =>
    new RingmasterError('RM_ENDPOINT_BIND', [dir, why], { cause, context: { dir } });
  try {
    trustedPath(dirname(dir));
    if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(dir, 0o700);
  } catch (cause) {
    throw refuse(cause instanceof PlantedError ? cause.message : `the directory cannot be made: ${messageOf(cause)}`, cause);
  }
  const found = lstatSync(dir);
  if (!found.isDirectory()) throw refuse(`it is ${found.isSymbolicLink() ? 'a symbolic link' : 'a file'}, a directory is needed`);
  if (found.uid !== process.getuid?.()) throw refuse(`the directory belongs to uid ${found.uid}, not to uid ${process.getuid?.()}`);
  if ((found.mode & 0o022) !== 0)
    throw refuse(`others may write to the directory (mode ${(found.mode & 0o777).toString(8)}), 700 is needed`);
}
