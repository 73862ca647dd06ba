import { dirname, join, resolve } from 'node:path';
import { envVariables, replaceVariables } from '../variables.js';
import { glob } from './glob.js';
import { type IniReport, type IniSections, parseIni } from './ini.js';
import type { Findings, Origin } from './problem.js';
import { readProblem } from './read-problem.js';
import { checkEncoding, readText } from './read-text.js';

/** The sections of an ini file and of the files that it includes. */
export interface IniFiles {
  readonly sections: IniSections;
  /** Files read, in that order. */
  readonly files: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the text of `file` and then the files that its `include` and `include_dir` name, each once.
 * Patterns are relative to the file's folder. An included file's own includes are not followed, which is reported.
 *
 * @source Circus's read_config
 */
export async function readIni(text: string, file: string, env: Env, findings: Findings): Promise<IniFiles> {
  const sections: IniSections = new Map();
  const report: IniReport = (severity, finding, origin) =>
    severity === 'error' ? findings.error([], finding, origin) : findings.warn([], finding, origin);
  parseIni(text, file, sections, report);

  const files = [file];
  const seen = new Set([resolve(file)]);
  for (const { key, pattern, origin } of includePatterns(sections, env)) {
    const paths = await glob(resolve(dirname(file), pattern));
    if (paths.length === 0) {
      findings.warn(
        [key],
        { message: `"${pattern}" matches no file`, found: pattern, fix: `patterns are relative to ${dirname(resolve(file))}` },
        origin,
      );
    }
    for (const path of paths) {
      if (seen.has(path)) continue;
      seen.add(path);
      const shown = shownPath(path, file);
      try {
        const included: IniSections = new Map();
        const content = await readText(path);
        checkEncoding(content, shown, findings);
        parseIni(content, shown, included, () => {});
        warnNested(included, findings);
        parseIni(content, shown, sections, report);
        files.push(shown);
      } catch (thrown) {
        findings.error([key], readProblem(shown, thrown), origin);
      }
    }
  }
  return { sections, files };
}

/** An included file as the person would write it: relative where the main file was given so. */
function shownPath(path: string, mainFile: string): string {
  const folder = resolve(dirname(mainFile));
  return path.startsWith(`${folder}/`) ? join(dirname(mainFile), path.slice(folder.length + 1)) : path;
}

interface Pattern {
  readonly key: string;
  readonly pattern: string;
  readonly origin: Origin;
}

function includePatterns(sections: IniSections, env: Env): Pattern[] {
  const variables = envVariables(env);
  const entries = sections.get('circus')?.entries;
  const words = (key: string, toPattern: (word: string) => string): Pattern[] => {
    const entry = entries?.get(key);
    if (entry === undefined) return [];
    const text = replaceVariables(entry.value, variables, false);
    return text
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => ({ key, pattern: toPattern(word), origin: entry.origin }));
  };
  return [...words('include', (word) => word), ...words('include_dir', (word) => join(word, '*.ini'))];
}

function warnNested(included: IniSections, findings: Findings): void {
  for (const key of ['include', 'include_dir']) {
    const entry = included.get('circus')?.entries.get(key);
    if (entry === undefined) continue;
    const fix = 'name the files in the main file';
    findings.warn([key], { message: 'has no effect in a file that is itself included', fix }, entry.origin);
  }
}
