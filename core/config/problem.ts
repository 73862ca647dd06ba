import { looksSecret, MASK } from '../secrets.js';

/** Keys and list indexes from the top of the config to a value. */
export type Path = readonly (string | number)[];

/** Where something was written. Lines and columns count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
}

/** One thing that is wrong with a config, or that a person should know about it. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Key path such as `watchers.web.numprocesses`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, as a sentence that the path is the subject of. */
  readonly message: string;
  /** What was found, as JSON, shortened. */
  readonly found?: string;
  readonly allowed?: string;
  readonly did_you_mean?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A problem without its place. */
export type Finding = Pick<Problem, 'message'> & Partial<Pick<Problem, 'found' | 'allowed' | 'did_you_mean' | 'fix'>>;

/** The key path as a person writes it: `watchers.web.args[0]`, `plugins["./mine.js"].greeting`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** A value as JSON, cut where it is long. */
export function shortJson(value: unknown, longest = 60): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** One line: `circus.ini:12:3: error: watchers.web.numprocesses must be an integer, at least 0, got "abc"`. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.line === null ? null : problem.column].filter((part) => part !== null).join(':');
  return `${place === '' ? '' : `${place}: `}${problem.severity}: ${sentenceOf(problem)}`;
}

/** What is wrong with what, and what to do, without its place. */
export function sentenceOf({ path, message, did_you_mean: meant, fix }: Problem): string {
  const text = path === '' ? message : `${path} ${message}`;
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `${text}${hint}${fix === undefined ? '' : `; ${fix}`}`;
}

/** What was found is not told of a secret. */
function withoutSecret(path: Path, finding: Finding): Finding {
  const { message, found, fix } = finding;
  const key = path.at(-1);
  if (found === undefined || typeof key !== 'string' || key === found || !looksSecret(key)) return finding;
  const hidden = (text: string): string => text.replaceAll(found, MASK);
  return { ...finding, message: hidden(message), found: MASK, ...(fix !== undefined && { fix: hidden(fix) }) };
}

/** Where each value of a config was written, and the problems found in it so far. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly #origins = new Map<string, Origin>();
  #locateNow: (() => void) | null = null;
  /** The file that problems without a place of their own belong to. */
  readonly file: string | null;

  constructor(file: string | null) {
    this.file = file;
  }

  /** Has `all` remember where values were written, before anybody asks. */
  locateLater(all: () => void): void {
    this.#locateNow = all;
  }

  /** Remembers where a value was written; the first place counts. */
  locate(path: Path, origin: Origin): void {
    this.#locateAll();
    const key = formatPath(path);
    if (!this.#origins.has(key)) this.#origins.set(key, origin);
  }

  /** Where the value at a key path was written; null for a default. */
  origin(path: string): Origin | null {
    this.#locateAll();
    return this.#origins.get(path) ?? null;
  }

  error(path: Path, finding: Finding, origin?: Origin): void {
    this.#add('error', path, finding, origin);
  }

  warn(path: Path, finding: Finding, origin?: Origin): void {
    this.#add('warning', path, finding, origin);
  }

  /** All problems, by file in the order they were read, then by line; those without a line first. */
  sorted(files: readonly string[]): Problem[] {
    const rank = (problem: Problem): number => files.indexOf(problem.file ?? '');
    return this.problems.toSorted((a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }

  #locateAll(): void {
    const all = this.#locateNow;
    this.#locateNow = null;
    all?.();
  }

  #add(severity: Problem['severity'], path: Path, finding: Finding, origin = this.#nearest(path)): void {
    const { file = this.file, line = null, column = null } = origin ?? {};
    this.problems.push({ severity, file, line, column, path: formatPath(path), ...withoutSecret(path, finding) });
  }

  /** The place of the value, or of what it is missing in. */
  #nearest(path: Path): Origin | undefined {
    this.#locateAll();
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(formatPath(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return undefined;
  }
}
