import type { CommandForm, Extension, Extensions, JsonSchema } from '../../core/index.js';
import type { Command, CommandListing } from './command.js';
import { commandTable } from './commands/index.js';

/** All commands, sorted by name, as `commands` tells of them. */
export function listCommands(commands: Extensions<'command'>): readonly CommandListing[] {
  return commands
    .list()
    .map(listing)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listing({ plugin, key, value }: Extension<'command'>): CommandListing {
  const own = plugin === 'control' ? commandTable.get(key) : undefined;
  const { name, summary, description = summary, request, reply, always_waits = false, arguments: positional = [], prints } = value;
  return {
    name,
    plugin,
    summary,
    description,
    usage: own === undefined ? formUsage(value) : builtInUsage(own),
    arguments: positional,
    ...(prints !== undefined && { prints }),
    always_waits,
    request,
    reply,
  };
}

function builtInUsage({ cli }: Command): string | null {
  if (cli === undefined) return null;
  const options = cli.options.map(({ name, kind }) => `[--${name}${kind === 'switch' ? '' : ` <${name}>`}]`);
  return [...options, cli.usage].filter(Boolean).join(' ');
}

/** What a command's schema asks for on the command line: `[--loud] <name> [<words>…]`. */
function formUsage(form: CommandForm): string {
  return [...formOptions(form).map(([name, schema]) => optionUsage(form, name, schema)), argumentsUsage(form)].filter(Boolean).join(' ');
}

/** The same without the options. */
export function argumentsUsage({ request, arguments: positional = [] }: CommandForm): string {
  return positional
    .map((name) => {
      const shown = `<${name}>${request.properties?.[name]?.type === 'array' ? '…' : ''}`;
      return request.required?.includes(name) === true ? shown : `[${shown}]`;
    })
    .join(' ');
}

/** The properties that are options on the command line. */
export function formOptions({ request, arguments: positional = [] }: CommandForm): readonly (readonly [string, JsonSchema])[] {
  return Object.entries(request.properties ?? {}).filter(([name]) => !positional.includes(name));
}

/** The option's word on the command line: `keep-drift` for `keep_drift`. */
export function optionWord(name: string): string {
  return name.replaceAll('_', '-');
}

/** Whether an option of this schema takes no value. */
export function isSwitch({ type }: JsonSchema): boolean {
  return [type].flat().includes('boolean');
}

function optionUsage({ request }: CommandForm, name: string, schema: JsonSchema): string {
  const shown = `--${optionWord(name)}${isSwitch(schema) ? '' : ` <${name}>`}`;
  return request.required?.includes(name) === true ? shown : `[${shown}]`;
}
