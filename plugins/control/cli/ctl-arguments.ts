import { closest, parseArguments, type VerbOption, type VerbValues } from '../../../core/index.js';
import type { Command } from '../command.js';
import { optionsOf } from './command-options.js';
import { KEY_OPTIONS } from './key-options.js';
import { SSH_OPTIONS } from './ssh-command.js';

type Commands = ReadonlyMap<string, Command>;

export const CTL_OPTIONS: readonly VerbOption[] = [
  {
    name: 'endpoint',
    value: 'ADDRESS',
    summary: 'address of the daemon (RINGMASTER_ENDPOINT, CIRCUSCTL_ENDPOINT, else your own on this machine)',
  },
  { name: 'help', summary: 'print this help, or that of a command' },
  { name: 'json', summary: 'print the answer as JSON' },
  ...KEY_OPTIONS,
  { name: 'prettify', summary: 'indent the JSON' },
  ...SSH_OPTIONS,
  { name: 'timeout', value: 'SECONDS', summary: 'how long to wait for an answer (5)' },
  { name: 'version', summary: 'print the version' },
];

/** A command line of circusctl, read: `problem` is one line, the rest is what was understood. */
export interface CtlLine {
  readonly values: VerbValues;
  /** Null where the line names none. */
  readonly command: Command | null;
  readonly args: readonly string[];
  readonly problem?: string;
}

/** Reads a command line: options before or after the command, whose own options are known once it is found. */
export function readCtlLine(words: readonly string[], commands: Commands): CtlLine {
  const everything = [...CTL_OPTIONS, ...[...commands.values()].flatMap(optionsOf)];
  const [name] = parseArguments(words, everything).positionals;
  const command = name === undefined ? null : (commands.get(name.toLowerCase()) ?? null);
  const { values, positionals, problems } = parseArguments(words, [...CTL_OPTIONS, ...(command === null ? [] : optionsOf(command))]);
  const problem = name !== undefined && command === null ? `unrecognized arguments: ${unknownWord(name, commands)}` : problems[0];
  return { values, command, args: positionals.slice(1), ...(problem !== undefined && { problem }) };
}

/** `statsu (did you mean status?)` */
export function unknownWord(name: string, commands: Commands): string {
  const near = closest(name, commands.keys());
  return near === undefined ? name : `${name} (did you mean ${near}?)`;
}
