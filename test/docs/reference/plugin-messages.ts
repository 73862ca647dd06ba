import { schemaWords } from '../../../core/config/schema-words.js';
import { TO_GUEST, TO_HOST } from '../../../core/isolation/messages.js';
import { SUPERVISOR_REQUESTS, WATCHER_REQUESTS } from '../../../core/isolation/requests.js';
import type { JsonSchema } from '../../../core/json-schema.js';
import { code, jsonCode, page, table } from './markdown.js';

interface Row {
  readonly summary: string;
  readonly schema: JsonSchema;
}

export function pluginMessagesPage(): string {
  return page('Messages of isolated plugins', 'core/isolation/messages.ts', [
    'What the daemon and a plugin in a process of its own tell each other: one JSON object a line, `type` first. How they follow each other: [the protocol](../plugin-protocol.md).',
    '## From the plugin',
    ...Object.entries(TO_HOST).flatMap(([type, row]) => parts(type, row)),
    '## To the plugin',
    ...Object.entries(TO_GUEST).flatMap(([type, row]) => parts(type, row)),
    '## Requests',
    'A `request` without a `watcher` is for the supervisor. `null` stands for an argument that is left out; the value of the reply is what the method of that name resolves with.',
    table(['To the supervisor', 'Arguments'], requestRows(SUPERVISOR_REQUESTS)),
    table(['To a watcher', 'Arguments'], requestRows(WATCHER_REQUESTS)),
  ]);
}

function parts(type: string, { summary, schema }: Row): readonly string[] {
  const rows = Object.entries(schema.properties ?? {}).map(([name, inner]) => [
    code(name),
    schemaWords(inner),
    schema.required?.includes(name) === true ? 'always' : inner.default === undefined ? '' : `default ${jsonCode(inner.default)}`,
    inner.description ?? '',
  ]);
  return [`### ${type}`, summary, ...(rows.length > 0 ? [table(['Key', 'Value', 'There', 'Meaning'], rows)] : [])];
}

function requestRows(requests: Readonly<Record<string, { readonly args: string }>>): readonly (readonly string[])[] {
  return Object.entries(requests).map(([method, { args }]) => [code(method), args === '' ? 'none' : args]);
}
