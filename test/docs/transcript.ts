import { type Block, placeOf } from './blocks.js';

/** One command of a transcript and what it prints. */
export interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

/**
 * What a console block has a test do: `daemon` starts its last command and waits until it is ready, `run` compares what its commands
 * print, `eventually` repeats that until it is so; null: nothing.
 */
export function modeOf({ language, marks }: Block): 'daemon' | 'run' | 'eventually' | null {
  if (language !== 'console') return null;
  return (['daemon', 'run', 'eventually'] as const).find((mode) => marks.includes(mode)) ?? null;
}

/** Commands are the lines after a `$`; what follows is printed by them. @throws Error where a block begins with something else */
export function stepsOf(block: Block): readonly Step[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of block.text.split('\n').slice(0, -1)) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: withoutComment(line.slice(2)), expected: [] });
    else if (last?.command.endsWith('\\')) last.command = `${last.command.slice(0, -1)}${line.trim()}`;
    else if (last === undefined) throw new Error(`${placeOf(block)}: a transcript begins with a command`);
    else last.expected.push(line);
  }
  return steps;
}

const withoutComment = (command: string): string => command.replace(/\s+#\s.*$/, '').replaceAll(/\bnpx /g, '');

/** Pids, ports, times and the widths of columns differ from run to run; small whole numbers are compared. */
function plain(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d|\d+(?:[.:]\d+)+|\d{3,}/g, 'N')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether output is as expected, where a line `...` stands for any lines and `…` for anything within one. */
export function matches(expected: readonly string[], printed: string): boolean {
  const pattern = expected.map((line) => (line.trim() === '...' ? '(?:.*\\n)*' : `${escaped(plain(line)).replaceAll('…', '.*')}\\n`));
  const lines = printed.replace(/\n$/, '').split('\n').map(plain);
  return new RegExp(`^${pattern.join('')}$`).test(printed === '' ? '' : `${lines.join('\n')}\n`);
}
