import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Directory of sockets and state that nobody has named: `$RINGMASTER_RUNTIME_DIR`, or /run/ringmaster for root, or
 * `$XDG_RUNTIME_DIR/ringmaster`, or ringmaster-UID among temporary files.
 */
export function runtimeDir(env: Readonly<Record<string, string | undefined>> = process.env, uid: number = process.getuid?.() ?? 0): string {
  if (env.RINGMASTER_RUNTIME_DIR) return env.RINGMASTER_RUNTIME_DIR;
  if (uid === 0) return '/run/ringmaster';
  if (env.XDG_RUNTIME_DIR) return join(env.XDG_RUNTIME_DIR, 'ringmaster');
  return join(tmpdir(), `ringmaster-${uid}`);
}
