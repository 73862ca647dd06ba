import type { Command } from '../command.js';
import { optionsOf } from './command-options.js';

/** What the last word of a line may become. */
export interface Candidates {
  readonly hits: readonly string[];
  /** The word to be completed. */
  readonly word: string;
}

/** Completes a line of the prompt: a command, then the command's options, and names of watchers as its first argument. */
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
  const isFirstArgument = words.slice(1, -1).every((earlier) => earlier.startsWith('-'));
  return starting(isFirstArgument && command.cli?.completes === 'watchers' ? watchers : []);
}
