import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Those that Node has no constant for. @source asm-generic/errno.h */
const LINUX_ONLY: readonly (readonly [number, string])[] = process.platform === 'linux' ? [[94, 'ESOCKTNOSUPPORT']] : [];
const NAMES: ReadonlyMap<number, string> = new Map([
  ...LINUX_ONLY,
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  // Of two names for one number the usual one: EAGAIN and not EWOULDBLOCK.
  ...[...getSystemErrorMap()].map(([number, [name]]): [number, string] => [-number, name]),
]);

/** A failed system call: `code` is the errno's name, such as EADDRINUSE. */
export class OsError extends Error {
  override readonly name = 'OsError';
  readonly code: string;
  readonly syscall: string;

  /** @param what what could not be done, in words; the errno's own words follow */
  constructor(code: string, syscall: string, what: string) {
    super(`${what}: ${errnoText(code)} (${code})`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** A process that can't be started: `code` is the errno's name, the message says all there is to say. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The name of an errno, such as ENOENT for 2. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** What an errno means, in words: `permission denied`. */
function errnoText(code: string): string {
  if (code === 'ENOEXEC') return 'exec format error';
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return text;
  return 'the system call failed';
}

/** The errno's name that an error of Node or of ours carries; EINVAL where it has none. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EINVAL';
  return /^E(?!RR_)[A-Z0-9]+$/.test(code) ? code : 'EINVAL';
}
