import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * A fenced block of a page. What stands after the language says what a test does with it: `config`, `run`, `test`, `name=FILE`,
 * and for `console` `daemon`, `run`, `eventually`, see transcript.ts.
 */
export interface Block {
  /** From the root. */
  readonly page: string;
  /** Line of the first fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly marks: readonly string[];
  /** The file that the block is to be, where it says so. */
  readonly name: string | undefined;
  readonly text: string;
}

/** Pages written by hand, from the root. */
export function guidePages(): readonly string[] {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', ...pages.sort().map((name) => `docs/${name}`), ...examplePages()];
}

/** READMEs of the examples, from the root. */
function examplePages(): readonly string[] {
  const all = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' });
  return all
    .filter((name) => name.endsWith('README.md'))
    .sort()
    .map((name) => `examples/${name}`);
}

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The fenced blocks of a page, in order. @throws Error where a fence stays open */
function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [at, text] of pageText(page).split('\n').entries()) {
    if (!text.startsWith('```')) open?.lines.push(text);
    else if (open === undefined) open = { line: at + 1, info: text.slice(3).trim(), lines: [] };
    else {
      const [language = '', ...marks] = open.info.split(/\s+/);
      const name = marks.find((mark) => mark.startsWith('name='))?.slice('name='.length);
      blocks.push({ page, line: open.line, language, marks, name, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the fence stays open`);
  return blocks;
}

/** The blocks of all guides. */
export function guideBlocks(): readonly Block[] {
  return guidePages().flatMap(blocksOf);
}

/** `docs/config.md:12`, for titles. */
export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
