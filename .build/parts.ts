/** What is needed in one situation: these modules of dist, and all that they import. */
export const PARTS = {
  parent: ['core/cli/respawn/parent'],
  cli: ['core/cli/bin', 'core/cli/program', 'core/cli/circusd-program'],
  client: ['plugins/control/cli/index', 'plugins/logs/cli/index', 'plugins/discovery/cli/index'],
  library: ['core/index'],
  guest: ['core/isolation/guest-entry'],
  daemon: ['core/cli/daemon', 'plugins/control/index', 'plugins/logs/index', 'plugins/backoff/index'],
  discovery: ['plugins/discovery/index'],
  yaml: ['core/config/formats/yaml'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Part = keyof typeof PARTS;

/** A file of merged modules. */
export type File = Part | 'shared' | 'plugin' | 'control' | 'commander';

/** Packages that are merged as well, and where they go; other packages stay packages. */
export const PACKAGES: Readonly<Record<string, File>> = { commander: 'commander', pino: 'daemon', tapable: 'library', yaml: 'yaml' };

/** Modules that only hand on what others export: who asks them for one thing does not need all of it. */
export const DOORS: readonly string[] = ['core/index', 'core/config/index'];

/** Programs that Node is to run as scripts. */
export const SCRIPTS: readonly string[] = ['core/main', 'core/circusd', 'core/circusctl', 'core/circus-top'];

/** What is run, and runs at once: never part of a file that others import. */
export const PROGRAMS: readonly string[] = [...SCRIPTS, 'core/isolation/guest-entry'];

/** What is imported by a path that is known at run time alone. */
export const BY_RUN_TIME_PATH: readonly string[] = [...PARTS.client, ...PARTS.daemon, ...PARTS.discovery].filter((name) =>
  name.startsWith('plugins/'),
);

/** The file that a module goes to, by the parts that need it. What it imports is needed by the same ones, so no two files import each other. */
export function fileFor(parts: ReadonlySet<Part>): File {
  // A process of its own, for as long as the daemon runs: it is to hold nothing else.
  if (parts.has('parent')) return 'parent';
  const wide = (['cli', 'client', 'library'] as const).filter((part) => parts.has(part));
  if (wide.length > 1 || (parts.has('client') && parts.has('discovery'))) return 'shared';
  if (parts.has('guest')) {
    if (parts.has('cli') || parts.has('client')) return 'shared';
    return parts.size > 1 ? 'plugin' : 'guest';
  }
  if (parts.has('cli')) return 'cli';
  if (parts.has('client')) return parts.has('daemon') ? 'control' : 'client';
  if (parts.has('library')) return 'library';
  if (parts.has('daemon')) return 'daemon';
  return parts.has('discovery') ? 'discovery' : 'yaml';
}
