import { schemaWords } from '../config/schema-words.js';
import type { JsonSchema } from '../json-schema.js';
import type { AnyPlugin } from '../plugin.js';
import { RESERVED_OPTIONS } from '../plugin-options.js';
import { EXIT_STATUS } from './exit-status.js';
import { pluginNamed } from './plugin-source.js';
import type { Verb } from './verb.js';

/** Columns of a terminal. */
const WIDTH = 100;

export const pluginsDescribeVerb: Verb = {
  name: 'plugins describe',
  summary: 'Show what a plugin does and every option of it',
  group: 'Configure:',
  usage: '<name>',
  description:
    'Shows a plugin from its own definition: what it does, its options with types, defaults and descriptions, the hooks that it taps and ' +
    'what it requires. NAME is a plugin that comes along, a path (./plugins/mine.js) or an npm package; no daemon is needed.',
  options: [{ name: 'json', summary: 'print one JSON object, with the schema' }],
  examples: ['ringmaster plugins describe flapping', 'ringmaster plugins describe ./plugins/mine.js --json | jq .schema'],
  async run([name, ...more], values, io) {
    if (name === undefined || more.length > 0) {
      const { packagedNames } = await import('../plugin-resolve.js');
      io.stderr.write(`ringmaster plugins describe: one name is wanted: ${(await packagedNames()).join(', ')}, a path or an npm package\n`);
      return EXIT_STATUS.usage;
    }
    const plugin = await pluginNamed(name, 'plugins describe', io);
    if (typeof plugin === 'number') return plugin;
    io.stdout.write(values.json === true ? `${JSON.stringify(asData(plugin), null, 2)}\n` : `${describePlugin(plugin)}\n`);
    return EXIT_STATUS.ok;
  },
};

function asData(plugin: AnyPlugin): Readonly<Record<string, unknown>> {
  const { name, summary, schema, hooks = [], requires = [], per_watcher = false, applies = 'live' } = plugin;
  return { name, summary, hooks, requires, per_watcher, applies, schema };
}

/** A plugin in words, for a terminal. */
function describePlugin({ name, summary, schema, hooks = [], requires = [], per_watcher, applies }: AnyPlugin): string {
  const facts = [
    `Hooks: ${hooks.join(', ') || 'none'}`,
    ...(requires.length > 0 ? [`Requires: ${requires.join(', ')}`] : []),
    per_watcher === true
      ? `Per watcher: each option can be set for one watcher, and false there switches it off (${name}.OPTION, ${name})`
      : 'Per watcher: no',
    applies === 'daemon' ? 'Changes: with a new start of the daemon' : 'Changes: at run time, with ringmaster plugin or a changed config',
  ];
  const options = Object.entries(schema.properties);
  const own = options.length === 0 ? ['  none'] : options.flatMap(([option, of]) => optionLines(option, of, schema.required));
  const reserved = Object.entries<JsonSchema>(RESERVED_OPTIONS).filter(([option]) => !Object.hasOwn(schema.properties, option));
  return [
    `${name}: ${summary}`,
    '',
    ...facts,
    '',
    'Options:',
    ...own,
    '',
    'Options of every plugin:',
    ...reserved.flatMap(([option, of]) => optionLines(option, of)),
  ].join('\n');
}

function optionLines(name: string, schema: JsonSchema, required: readonly string[] = []): readonly string[] {
  const fallback = required.includes(name)
    ? 'required'
    : schema.default === undefined
      ? 'no default'
      : `default ${JSON.stringify(schema.default)}`;
  const unit = schema.unit === undefined ? '' : `, in ${schema.unit}`;
  const examples = (schema.examples ?? []).map((example) => JSON.stringify(example));
  const text = [schema.description ?? '', ...(examples.length > 0 ? [`Example: ${examples.join(', ')}.`] : [])].join(' ').trim();
  return [`  ${name}: ${schemaWords(schema)}${unit}; ${fallback}`, ...wrapped(text, WIDTH - 6).map((line) => `      ${line}`)];
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
