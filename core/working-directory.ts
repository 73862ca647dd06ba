import { statSync } from 'node:fs';

/** The daemon's working directory by the name that it was entered by ($PWD), where that is still the same directory. @source Circus's get_working_dir */
export function workingDirectory(): string {
  const cwd = process.cwd();
  const pwd = process.env.PWD;
  if (pwd === undefined) return cwd;
  const [named, real] = [statSync(pwd, { throwIfNoEntry: false }), statSync(cwd)];
  return named?.ino === real.ino && named.dev === real.dev ? pwd : cwd;
}
