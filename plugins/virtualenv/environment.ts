/** What of a virtual environment matters to the environment of a process. */
export interface VirtualEnvironment {
  readonly directory: string;
  /** Its bin directory, if it has one. */
  readonly bin: string | null;
  readonly site_packages: string;
  /** Directories that .pth files in site-packages name. */
  readonly packages: readonly string[];
}

/** The environment of a process in a virtual environment: its programs first in PATH, its packages in PYTHONPATH. @source Circus's load_virtualenv */
export function withVirtualEnvironment(env: Readonly<Record<string, string>>, venv: VirtualEnvironment): Record<string, string> {
  const path = venv.bin === null ? {} : { PATH: [venv.bin, ...(env.PATH ? [env.PATH] : [])].join(':') };
  const python = [...venv.packages, ...(env.PYTHONPATH?.split(':') ?? [])];
  if (!python.includes(venv.site_packages)) python.push(venv.site_packages);
  return { ...env, ...path, VIRTUAL_ENV: venv.directory, PYTHONPATH: python.join(':') };
}

/** Directories that the lines of a .pth file name; comments and code are left out. */
export function pthLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('import'));
}
