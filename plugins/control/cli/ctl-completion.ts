import type { Command } from '../command.js';
import { optionsOf } from './command-options.js';

/** What the last word of a line may become. */
export interface Candidates {
  readonly hits: readonly string[];
  /** The word to be completed. */
  readonly word: string;
}

/** Completes a line of the prompt: a command, then the command's options, names of watchers as its first argument, and what may follow. */
export function completeLine(line: string, commands: ReadonlyMap<string, Command>, watchers: readonly string[]): Candidates {
  const words = line.trimStart().split(/\s+/);
  const word = words.at(-1) ?? '';
  const starting = (all: readonly string[]): Candidates => ({ hits: all.filter((one) => one.startsWith(word)), word });
  const [first = ''] = words;
  if (words.length <= 1) return starting([...commands.keys(), 'help'].sort());
  if (first === 'help') return starting(words.length === 2 ? [...commands.keys()].sort() : []);
  const command = commands.get(first.toLowerCase());
  if (command === undefined) return starting([]);
  if (word.startsWith('-')) return starting(optionsOf(command).map(({ name }) => `--${name}`));
  const earlier = words.slice(1, -1).filter((one) => !one.startsWith('-')).length;
  if (earlier === 0) return starting(command.cli?.completes === 'watchers' ? watchers : []);
  const next = command.cli?.then_completes;
  return starting(next !== undefined && (earlier - 1) % next.every === 0 ? next.words : []);
}
