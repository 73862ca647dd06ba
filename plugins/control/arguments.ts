import { ArgumentError, type CliOption, type CliOptions, type Reply } from './command.js';
import { pythonText } from './python-text.js';

/** What several commands' command-line forms share. */
export const waitingOption: CliOption = {
  name: 'waiting',
  summary: 'answer when the work is done',
  kind: 'switch',
  default: false,
};

export const matchOption: CliOption = {
  name: 'match',
  summary: 'how the name is meant: simple, glob or regex (glob)',
  kind: 'text',
  default: 'glob',
};

/** @throws ArgumentError unless there are between `least` and `most` arguments */
export function expectArguments(args: readonly string[], least: number, most: number, form: string): void {
  if (args.length >= least && args.length <= most) return;
  throw new ArgumentError(`Invalid number of arguments: got ${args.length}, expected: ${form}`);
}

/** @throws ArgumentError for text that is not a whole number */
export function integerArgument(text: string, what: string): number {
  if (/^-?\d+$/.test(text.trim())) return Number(text);
  throw new ArgumentError(`${what} must be a number, got "${text}"`);
}

/** Those of the named options that were given and are not off. */
export function given(options: CliOptions, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined && value !== false));
}

export const printOk = (): string => 'ok';

/** `key: value` lines, values in Circus's words. */
export function printOptions(reply: Reply): string {
  return Object.entries(objectOf(reply.options))
    .map(([key, value]) => `${key}: ${optionText(key, value)}`)
    .join('\n');
}

function optionText(key: string, value: unknown): string {
  if (value === null) return '';
  if (key === 'umask' && typeof value === 'number') return value.toString(8).padStart(3, '0');
  if (key !== 'env') return pythonText(value);
  return Object.entries(objectOf(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}=${pythonText(text)}`)
    .join(',');
}

/** A reply's value as an object, empty where it is none. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** How many processes there are, or why their number was not changed. */
export function printNumprocesses(reply: Reply): string {
  if ('singleton' in reply) return 'This watcher is a Singleton - not changing the number of processes';
  return String(reply.numprocesses ?? 'ok');
}

/** One process on one line, in Circus's order. */
export function processLine(info: unknown): string {
  const { pid, cmdline, username, nice, mem_info1, mem_info2, cpu, mem, ctime } = objectOf(info);
  return `${pid}  ${cmdline} ${username} ${nice} ${mem_info1} ${mem_info2} ${cpu} ${mem} ${ctime}`;
}
