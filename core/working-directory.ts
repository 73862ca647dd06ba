import { statSync } from 'node:fs';

/** The daemon's working directory by the name that it was entered by ($PWD), where that is still the same directory. @source Circus's get_working_dir */
export function workingDirectory({ PWD: pwd }: Readonly<NodeJS.ProcessEnv> = process.env): string {
  const cwd = process.cwd();
  if (pwd === undefined || pwd === cwd || (pwd === strange.pwd && cwd === strange.cwd)) return cwd;
  const [named, real] = [statSync(pwd, { throwIfNoEntry: false }), statSync(cwd)];
  if (named?.ino === real.ino && named.dev === real.dev) return pwd;
  strange = { pwd, cwd };
  return cwd;
}

/** A name that was not the directory's, or is not any more: it is not looked at again, for that takes as long as much of a spawn. */
let strange: { readonly pwd?: string; readonly cwd?: string } = {};
