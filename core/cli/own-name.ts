import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * What a person types to run `ringmaster` from the shell that this program was started from: `npx ringmaster` where npm started it,
 * whose PATH is not the shell's, or where PATH has none.
 */
export function ownName(env: Readonly<Record<string, string | undefined>>): string {
  const is_npm = env.npm_execpath !== undefined || env.npm_command !== undefined;
  return !is_npm && isOnPath('ringmaster', env.PATH ?? '') ? 'ringmaster' : 'npx ringmaster';
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}
