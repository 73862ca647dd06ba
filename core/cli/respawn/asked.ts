/** Tells a supervisor of the parent that it has, in its environment. */
export const PARENT = 'RINGMASTER_PARENT';
/** Tells a program that it is the background half of `--daemon`. */
export const IN_BACKGROUND = 'RINGMASTER_IN_BACKGROUND';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether this process is to be the parent that `--respawn` asks for: not the one that waits for `--daemon` in the foreground, and not
 * the supervisor that such a parent has started. The words are looked at here, so that the parent need not load what reads them properly.
 */
export function isRespawnParent(program: 'ringmaster' | 'circusd', args: readonly string[], env: Env): boolean {
  if (env[PARENT] !== undefined || (program === 'ringmaster' && args[0] !== 'run')) return false;
  const end = args.indexOf('--');
  const words = new Set(end < 0 ? args : args.slice(0, end));
  return words.has('--respawn') && (!words.has('--daemon') || env[IN_BACKGROUND] !== undefined);
}
