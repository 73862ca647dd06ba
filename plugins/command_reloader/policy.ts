import type { Options } from './schema.js';

/** What tells whether a file is another one than before. */
export interface Fingerprint {
  /** With symbolic links followed. */
  readonly path: string;
  readonly mtime_ms: number;
}

/**
 * Whether a file has changed.
 *
 * @param now null while there is no such file, as when it is being replaced: that is no change yet
 * @source Circus's CommandReloader compares the same two
 */
export function hasChanged(before: Fingerprint | null, now: Fingerprint | null): boolean {
  return before !== null && now !== null && (before.path !== now.path || before.mtime_ms !== now.mtime_ms);
}

/** Which files are meant, by absolute path. */
export interface FileSet {
  /** Folders that hold all of them. */
  readonly roots: readonly string[];
  matches(path: string): boolean;
  /** Whether anything inside of a folder below a root can match. */
  mayHold(folder: string): boolean;
}

const MAGIC = /[*?[]/;

/**
 * Reads the option `files`.
 *
 * @param resolve makes a path absolute
 */
export function fileSet(files: Options['files'], resolve: (path: string) => string): FileSet {
  const patterns = (typeof files === 'string' ? files.split(/\s+/) : files).filter((pattern) => pattern !== '').flatMap(alternatives);
  const absolute = (pattern: string): string => {
    const at = pattern.search(MAGIC);
    const fixed = at < 0 ? pattern : pattern.slice(0, pattern.lastIndexOf('/', at) + 1);
    const rest = pattern.slice(fixed.length);
    return rest === '' ? resolve(fixed) : `${resolve(fixed === '' ? '.' : fixed).replace(/\/$/, '')}/${rest}`;
  };
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(absolute);
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => compile(absolute(pattern.slice(1)), true));
  const compiled = wanted.map((pattern) => compile(pattern, false));
  const isUnwanted = (path: string): boolean => unwanted.some((pattern) => pattern.test(path));
  return {
    roots: [...new Set(wanted.map(rootOf))],
    matches: (path) => compiled.some((pattern) => pattern.test(path)) && !isUnwanted(path),
    mayHold: (folder) => !isUnwanted(folder) && !isUnwanted(`${folder}/x`) && wanted.some((pattern) => reaches(pattern, folder)),
  };
}

/** A pattern for each way to choose among `{a,b}`. */
function alternatives(pattern: string): readonly string[] {
  const [all, choices = ''] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (all === undefined) return [pattern];
  return choices.split(',').flatMap((choice) => alternatives(pattern.replace(all, () => choice)));
}

function rootOf(pattern: string): string {
  const at = pattern.search(MAGIC);
  return pattern.slice(0, pattern.lastIndexOf('/', at < 0 ? undefined : at)) || '/';
}

/** Whether the first parts of a pattern match a folder, so that the others may match what is inside. */
function reaches(pattern: string, folder: string): boolean {
  const parts = pattern.split('/');
  const names = folder.split('/');
  const deep = parts.indexOf('**');
  if (deep >= 0 && names.length > deep) {
    return compile(parts.slice(0, deep).join('/'), false).test(names.slice(0, deep).join('/')) && !names.slice(deep).some(isHidden);
  }
  return names.length < parts.length && compile(parts.slice(0, names.length).join('/'), false).test(folder);
}

const isHidden = (name: string): boolean => name.startsWith('.');

/** @param dots whether a star matches a leading dot too */
function compile(pattern: string, dots: boolean): RegExp {
  const hidden = dots ? '' : '(?!\\.)';
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const first = at === 0 || pattern.charAt(at - 1) === '/';
    const close = pattern.indexOf(']', at + 2);
    if (first && pattern.startsWith('**/', at)) {
      source += `(?:${hidden}[^/]+/)*`;
      at += 2;
    } else if (first && pattern.slice(at) === '**') {
      source += `(?:${hidden}[^/]+/)*${hidden}[^/]+`;
      at += 1;
    } else if (char === '*') source += `${first ? hidden : ''}[^/]*`;
    else if (char === '?') source += `${first ? hidden : ''}[^/]`;
    else if (char === '[' && close > 0) {
      const members = pattern
        .slice(at + 1, close)
        .replace(/^!/, '^')
        .replaceAll(/[\\[]/g, '\\$&');
      source += `(?!/)[${members}]`;
      at = close;
    } else source += char.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}
