import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pthLines, type VirtualEnvironment } from './environment.js';

/**
 * Looks at a virtual environment on disk.
 *
 * @param version Python's, such as 3.11; null: that of its only lib/python directory
 * @throws Error that names what is not there
 */
export function readVirtualEnvironment(directory: string, version: string | null): VirtualEnvironment {
  const site_packages = sitePackages(directory, version);
  const packages = readdirSync(site_packages)
    .filter((name) => name.endsWith('.pth'))
    .flatMap((name) => pthLines(readFileSync(join(site_packages, name), 'utf8')))
    .map((line) => resolve(site_packages, line))
    .filter((path) => existsSync(path));
  const bin = join(directory, 'bin');
  return { directory, bin: existsSync(bin) ? bin : null, site_packages, packages: [...new Set(packages)] };
}

function sitePackages(directory: string, version: string | null): string {
  const lib = join(directory, 'lib');
  if (!existsSync(lib)) throw new Error(`virtualenv ${directory}: there is no directory ${lib}`);
  const named = readdirSync(lib).filter(
    (name) => (version === null ? /^(?:python|pypy)\d/ : /^(?:python|pypy)/).test(name) && (version === null || name.endsWith(version)),
  );
  const found = named.map((name) => join(lib, name, 'site-packages')).filter((path) => existsSync(path));
  const [first] = found;
  if (first === undefined)
    throw new Error(
      `virtualenv ${directory}: no site-packages under ${lib}/python${version ?? 'X.Y'}; set virtualenv_py_ver to the version that is there`,
    );
  if (found.length > 1) throw new Error(`virtualenv ${directory}: several versions of Python (${named.join(', ')}); set virtualenv_py_ver`);
  return first;
}
