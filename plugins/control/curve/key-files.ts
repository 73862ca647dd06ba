import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, RingmasterError } from '../../../core/index.js';
import { isKey } from './z85.js';

/** A pair of keys, each as text of 40 characters. */
export interface KeyPair {
  readonly public_key: string;
  readonly secret_key: string;
}

/** Keys and who has them are short. */
const LONGEST_BYTES = 1024 * 1024;

/**
 * Reads a file that nobody but its owner, this user or root, can have changed, and follows no link.
 *
 * @param isSecret nobody else may read it either
 * @throws RM_KEY_FILE
 */
export function readKeyFile(file: string, isSecret: boolean): string {
  const refuse = (why: string, cause?: unknown): RingmasterError =>
    new RingmasterError('RM_KEY_FILE', [file, why], { cause, context: { file } });
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    throw refuse(code === 'ELOOP' ? 'it is a symbolic link' : messageOf(cause), cause);
  }
  try {
    const { mode, uid, size } = fstatSync(fd);
    const forbidden = isSecret ? 0o077 : 0o022;
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse('it is not a file');
    if (uid !== 0 && uid !== process.getuid?.()) throw refuse(`it belongs to uid ${uid}`);
    if ((mode & forbidden) !== 0)
      throw refuse(`others may ${isSecret ? 'read' : 'change'} it (mode ${(mode & 0o777).toString(8)}), 600 is needed`);
    if (size > LONGEST_BYTES) throw refuse(`it has ${size} bytes, at most ${LONGEST_BYTES} are read`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** @throws RM_KEY_FILE */
export function readKeyPair(file: string): KeyPair {
  const text = readKeyFile(file, true);
  const [, public_key = ''] = /^public (\S+)$/m.exec(text) ?? [];
  const [, secret_key = ''] = /^secret (\S+)$/m.exec(text) ?? [];
  if (isKey(public_key) && isKey(secret_key)) return { public_key, secret_key };
  throw new RingmasterError('RM_KEY_FILE', [file, 'it has no pair of keys in it'], { context: { file } });
}

/**
 * Writes a file of mode 0600 in one step, in a directory that is for its owner only and is made where it is not there.
 *
 * @param isNew fail where there is such a file
 * @throws RM_KEY_FILE
 */
export function writeKeyFile(file: string, text: string, isNew = false): void {
  const refuse = (why: string, cause?: unknown): RingmasterError =>
    new RingmasterError('RM_KEY_FILE', [file, why], { cause, context: { file } });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const directory = dirname(file);
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(directory, 0o700);
    const found = lstatSync(directory);
    if (!found.isDirectory()) throw refuse('its directory is a symbolic link');
    if (found.uid !== process.getuid?.()) throw refuse(`its directory belongs to uid ${found.uid}`);
    if ((found.mode & 0o077) !== 0) throw refuse(`others get into its directory (mode ${(found.mode & 0o777).toString(8)}), 700 is needed`);
    if (isNew && lstatSync(file, { throwIfNoEntry: false }) !== undefined) throw refuse('it is there already');
    const fd = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } catch (cause) {
    throw cause instanceof RingmasterError ? cause : refuse(messageOf(cause), cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A pair made by `make` whose public key no command line takes for an option: one in 85 begins with a hyphen. */
export function newKeyPair<P extends { readonly publicKey: string }>(make: () => P): P {
  for (;;) {
    const pair = make();
    if (!pair.publicKey.startsWith('-')) return pair;
  }
}
