import type { JsonSchema } from '../../../core/json-schema.js';
import type { Command } from '../../../plugins/control/command.js';
import { commandTable } from '../../../plugins/control/commands/index.js';
import { roleOf } from '../../../plugins/control/roles.js';
import { type Exchange, exchanges } from './exchanges.js';
import { code, fenced, page, table } from './markdown.js';
import { typeText } from './options.js';

/** The page of the commands, with an example of each that was carried out. */
export async function commandsPage(): Promise<string> {
  const examples = await exchanges();
  const all = [...commandTable.values()];
  return page('Commands reference', 'plugins/control/commands', [
    'What the control endpoint answers. [The guide](../control.md) tells about the protocol, the client and the command line.',
    'Every reply has `id`, `status` (`ok` or `error`) and `time`, seconds since the epoch. Command names are read without regard to case.\nOn the command line each is a verb of `ringmaster` and of `circusctl`; `plugin_add` is `ringmaster plugin add`.',
    table(
      ['Command', 'What it does', 'Role'],
      all.map(({ name, summary }) => [`[${code(name)}](#${name})`, summary, roleOf({ key: name, value: {} })]),
    ),
    ...all.flatMap((command) => commandParts(command, examples.get(command.name))),
  ]);
}

function commandParts(command: Command, example: Exchange | undefined): readonly string[] {
  const { name, description, request, reply, cli } = command;
  return [
    `## ${name}`,
    description,
    ...(cli === undefined
      ? []
      : [fenced('', `ringmaster ${[cli.verb ?? name, ...optionWords(command), cli.usage].filter(Boolean).join(' ')}`)]),
    ...(cli === undefined || cli.options.length === 0
      ? []
      : [cli.options.map((option) => `- \`--${option.name}\`: ${option.summary}`).join('\n')]),
    'Properties:',
    schemaTable(request),
    'Reply:',
    schemaTable(reply),
    ...(example === undefined ? [] : exampleParts(example)),
  ];
}

function optionWords({ cli }: Command): readonly string[] {
  return (cli?.options ?? []).map(({ name, kind }) => `[--${name}${kind === 'switch' ? '' : ` <${name}>`}]`);
}

function exampleParts({ line, request, reply, printed }: Exchange): readonly string[] {
  return [
    'Example:',
    fenced('console', [`$ ringmaster ${line}`, ...(printed === null ? [] : [printed])].join('\n').trimEnd()),
    fenced('json', [request, reply].map((message) => JSON.stringify(message)).join('\n')),
  ];
}

function schemaTable(schema: JsonSchema): string {
  const rows = rowsOf(schema, '');
  return rows.length === 0 ? 'None.' : table(['Key', 'Type', 'Description'], rows);
}

function rowsOf(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const key = `${prefix}${name}`;
    const required = schema.required?.includes(name) === true ? ' (required)' : '';
    const choices = inner.enum === undefined ? '' : inner.enum.map(String).join(', ');
    const below = inner.type === 'array' && inner.items !== undefined ? rowsOf(inner.items, `${key}[].`) : rowsOf(inner, `${key}.`);
    return [[`${code(key)}${required}`, typeText(inner), inner.description ?? choices], ...below];
  });
}
