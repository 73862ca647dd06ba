import type { VerbOption } from '../../../core/index.js';
import type { Command } from '../command.js';
import { optionsOf } from './command-options.js';
import { CTL_OPTIONS } from './ctl-arguments.js';

export const CTL_USAGE = 'usage: circusctl [options] command [args]';

/** What `--help` prints. */
export function ctlHelp(commands: Iterable<Command>): string {
  const listed = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, summary }) => [name, summary] as const);
  return [
    CTL_USAGE,
    '',
    'Controls a daemon of ringmaster or of Circus.',
    '',
    'Commands:',
    ...table(listed),
    '',
    ...optionsHelp(CTL_OPTIONS),
  ].join('\n');
}

/** What `help` prints in the prompt. */
export function promptHelp(commands: Iterable<Command>): string {
  const title = 'Documented commands (type help <topic>):';
  const listed = [...commands].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, summary }) => [name, summary] as const);
  return ['', title, '='.repeat(title.length), ...table(listed), ''].join('\n');
}

/** What `COMMAND --help` and `help COMMAND` print. */
export function commandHelp(command: Command): string {
  const options = optionsOf(command);
  return [
    command.summary,
    '',
    `usage: circusctl [options] ${command.name} ${command.cli?.usage ?? ''}`.trimEnd(),
    '',
    command.description,
    ...(options.length > 0 ? ['', ...optionsHelp(options)] : []),
  ].join('\n');
}

function optionsHelp(options: readonly VerbOption[]): readonly string[] {
  return ['Options:', ...table(options.map(({ name, value, summary }) => [`--${name}${value === undefined ? '' : ` ${value}`}`, summary]))];
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
