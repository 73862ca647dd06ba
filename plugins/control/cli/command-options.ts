import type { VerbOption, VerbValues } from '../../../core/index.js';
import { ArgumentError, type CliOptions, type Command } from '../command.js';

/** A command's own options as the command line takes them. */
export function optionsOf(command: Command): readonly VerbOption[] {
  return (command.cli?.options ?? []).map(({ name, summary, kind, value = name.toUpperCase() }) =>
    kind === 'switch' ? { name, summary } : { name, summary, value },
  );
}

/**
 * Values as the command takes them: numbers are numbers, what was not given has its default.
 *
 * @throws ArgumentError for text where a number is wanted
 */
export function commandOptions(command: Command, values: VerbValues): CliOptions {
  const entries = (command.cli?.options ?? []).map((option) => {
    const given = values[option.name] ?? option.default;
    return [option.name, option.kind === 'number' && typeof given === 'string' ? numberOf(option.name, given) : given] as const;
  });
  return Object.fromEntries(entries);
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new ArgumentError(`--${name} must be a number, got "${text}"`);
}
