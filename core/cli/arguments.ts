import { closest } from '../config/did-you-mean.js';
import type { VerbOption, VerbValues } from './verb.js';

/** Words of a command line, sorted out. */
export interface Arguments {
  readonly values: VerbValues;
  /** In the order typed. */
  readonly positionals: readonly string[];
  /** One line each, for what is not right. */
  readonly problems: readonly string[];
}

/**
 * Reads words as options and positional arguments in any order, as Circus's tools do.
 *
 * `--name value` and `--name=value`; `-h` is `--help`; after `--` all is positional; a negative number is not an option.
 */
export function parseArguments(words: readonly string[], options: readonly VerbOption[]): Arguments {
  const values: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  const problems: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') {
      positionals.push(...left.splice(0));
    } else if (!word.startsWith('-') || word === '-' || /^-\d+(\.\d+)?$/.test(word)) {
      positionals.push(word);
    } else {
      const [flag = '', inline] = word === '-h' ? ['--help'] : splitOnce(word);
      const option = options.find(({ name }) => `--${name}` === flag);
      if (option === undefined) problems.push(unknownOption(flag, options));
      else takeValue(option, inline, left, values, problems);
    }
  }
  return { values, positionals, problems };
}

function takeValue(
  option: VerbOption,
  inline: string | undefined,
  left: string[],
  values: Record<string, string | boolean>,
  problems: string[],
): void {
  if (option.value === undefined) {
    if (inline === undefined) values[option.name] = true;
    else problems.push(`argument --${option.name}: takes no value, got ${inline}`);
    return;
  }
  const value = inline ?? (left[0]?.startsWith('--') === true ? undefined : left.shift());
  if (value === undefined) problems.push(`argument --${option.name}: a value is wanted`);
  else if (option.choices !== undefined && !option.choices.includes(value)) {
    problems.push(`argument --${option.name}: invalid choice: ${value} (choose from ${option.choices.join(', ')})`);
  } else values[option.name] = value;
}

function splitOnce(word: string): readonly [string, string?] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function unknownOption(flag: string, options: readonly VerbOption[]): string {
  const near = closest(
    flag,
    options.map(({ name }) => `--${name}`),
  );
  return `unrecognized arguments: ${flag}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}
