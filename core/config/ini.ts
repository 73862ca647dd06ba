import { type Finding, type Origin, shortJson } from './problem.js';

/** One `key = value` of an ini file. */
export interface IniEntry {
  readonly value: string;
  readonly origin: Origin;
}

export interface IniSection {
  readonly origin: Origin;
  /** By key, in the order written; of a key that is given twice the first. */
  readonly entries: Map<string, IniEntry>;
}

/** Sections by name, in the order written. */
export type IniSections = Map<string, IniSection>;

/** Told about each problem while the rest is still read. */
export type IniReport = (severity: 'error' | 'warning', finding: Finding, origin: Origin) => void;

const HEADER = /^\[(.+)\]/;

/**
 * Reads the text of one file into `sections`, which may hold those of files read before.
 *
 * The dialect is Circus's: sections that are opened again go on, and the first value of a key counts, across files too;
 * `#` and `;` in the first column and `rem` start a comment; the first `;` of a value does, where white space precedes it;
 * an indented line goes on with the value above, blank lines in between or not; `""` is empty text; case is kept.
 *
 * @source Circus's StrictConfigParser
 */
export function parseIni(text: string, file: string, sections: IniSections, report: IniReport): void {
  let section: IniSection | undefined;
  // What indented lines go on with: an entry of this section, or nothing where that line was not taken.
  let open: { readonly key: string; readonly lines: string[] } | 'skipped' | undefined;
  let origin: Origin = { file, line: 0, column: 1 };

  const close = (): void => {
    if (typeof open !== 'object') return;
    const entry = section?.entries.get(open.key);
    if (entry !== undefined) section?.entries.set(open.key, { ...entry, value: open.lines.join('\n') });
  };

  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (line.trim() === '' || /^(?:[#;]|rem(?:\s|$))/i.test(line)) continue;
    origin = { file, line: at + 1, column: 1 + line.length - line.trimStart().length };
    if (/^\s/.test(line) && open !== undefined) {
      if (open !== 'skipped') open.lines.push(line.trim());
      continue;
    }
    close();
    open = undefined;
    const header = HEADER.exec(line);
    if (header?.[1] !== undefined) {
      section = openSection(sections, header[1], origin);
      continue;
    }
    open = 'skipped';
    if (line.startsWith('[')) {
      report('error', { message: `section header without a closing ], got ${shortJson(line)}` }, origin);
      section = { origin, entries: new Map() };
      continue;
    }
    const delimiter = line.search(/[=:]/);
    const key = line.slice(0, Math.max(0, delimiter)).trim();
    if (key === '') {
      const found = shortJson(line);
      report('error', { message: `line is neither "key = value", a [section] nor a comment, got ${found}`, found }, origin);
    } else if (section === undefined) {
      report(
        'error',
        { message: `${shortJson(key)} stands before the first [section]`, fix: 'put it under [circus] or [watcher:NAME]' },
        origin,
      );
    } else {
      const entry = { value: cleanValue(line.slice(delimiter + 1).trimStart()), origin };
      const first = section.entries.get(key);
      if (first === undefined) {
        section.entries.set(key, entry);
        open = { key, lines: [entry.value] };
      } else {
        const where = first.origin.file === file ? `line ${first.origin.line}` : `${first.origin.file}:${first.origin.line}`;
        report('warning', { message: `"${key}" is given twice; the first value, in ${where}, counts` }, origin);
      }
    }
  }
  close();
}

function openSection(sections: IniSections, name: string, origin: Origin): IniSection {
  const section = sections.get(name) ?? { origin, entries: new Map<string, IniEntry>() };
  sections.set(name, section);
  return section;
}

function cleanValue(raw: string): string {
  const comment = raw.indexOf(';');
  const value = (comment > 0 && /\s/.test(raw.charAt(comment - 1)) ? raw.slice(0, comment) : raw).trim();
  return value === '""' ? '' : value;
}
