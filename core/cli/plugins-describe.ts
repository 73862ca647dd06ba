import { schemaWords } from '../config/schema-words.js';
import { isRingmasterError, messageOf } from '../errors.js';
import type { JsonSchema } from '../json-schema.js';
import { RESERVED_OPTIONS } from '../plugin-options.js';
import type { PluginDescription, PluginOption } from '../plugin-status.js';
import { understood } from '../understood.js';
import { visibleJson, visibleLines } from '../visible.js';
import { EXIT_STATUS } from './exit-status.js';
import { pluginNamed } from './plugin-source.js';
import { remedyOf } from './remedy.js';
import type { Io, Verb, VerbValues } from './verb.js';

/** Columns of a terminal. */
const WIDTH = 100;

export const pluginsDescribeVerb: Verb = {
  name: 'plugins describe',
  summary: 'Show what a plugin does and every option of it',
  group: 'Configure:',
  usage: '<name>',
  description:
    'Shows a plugin from its own definition: what it does, its options with types, defaults and descriptions, the hooks that it taps and ' +
    'what it requires. NAME is a plugin that comes along, a path (./plugins/mine.js) or an npm package; no daemon is needed. With ' +
    '--endpoint it is one of the daemon there, and its options are shown as they are.',
  options: [
    { name: 'json', summary: 'print one JSON object, with the schema' },
    {
      name: 'endpoint',
      value: 'ADDRESS',
      summary: 'address of the daemon to ask, ipc://PATH or tcp://HOST:PORT (none: the plugin itself)',
    },
    { name: 'timeout', value: 'SECONDS', summary: 'how long to wait for the daemon (5)' },
  ],
  examples: ['ringmaster plugins describe flapping', 'ringmaster plugins describe ./plugins/mine.js --json | jq .schema'],
  async run([name, ...more], values, io) {
    if (name === undefined || more.length > 0) {
      const { packagedNames } = await import('../plugin-resolve.js');
      io.stderr.write(`ringmaster plugins describe: one name is wanted: ${(await packagedNames()).join(', ')}, a path or an npm package\n`);
      return EXIT_STATUS.usage;
    }
    const text = values.endpoint === undefined ? await definition(name, values, io) : await ofDaemon(name, values, io);
    if (typeof text === 'number') return text;
    io.stdout.write(`${text}\n`);
    return EXIT_STATUS.ok;
  },
};

/** What a plugin says of itself; of one that is set up also how. */
type Description = Omit<PluginDescription, 'source' | 'state' | 'options'> & Partial<PluginDescription>;

async function definition(given: string, values: VerbValues, io: Io): Promise<string | number> {
  const plugin = await pluginNamed(given, 'plugins describe', io);
  if (typeof plugin === 'number') return plugin;
  const { name, summary, schema, hooks = [], requires = [], per_watcher = false, applies = 'live' } = plugin;
  return shown({ name, summary, hooks, requires, per_watcher, applies, schema }, values);
}

async function ofDaemon(name: string, values: VerbValues, io: Io): Promise<string | number> {
  try {
    const { connectDaemon } = await import('./connect.js');
    using link = await connectDaemon(values, io);
    const { plugin } = await link.call('plugin_describe', { name });
    // The daemon wrote it by the same type.
    return await understood('the reply to plugin_describe', () => shown(plugin as PluginDescription, values));
  } catch (error) {
    const remedy = isRingmasterError(error) ? remedyOf(error) : '';
    io.stderr.write(`${visibleLines(`ringmaster plugins describe: ${messageOf(error)}${remedy}`)}\n`);
    return isRingmasterError(error, 'RM_CLIENT_REPLY') ? EXIT_STATUS.refused : EXIT_STATUS.failed;
  }
}

function shown(about: Description, values: VerbValues): string {
  return values.json === true ? visibleJson(about, 2) : visibleLines(describePlugin(about));
}

/** A plugin in words, for a terminal. */
function describePlugin({
  name,
  source,
  state,
  summary,
  schema,
  hooks,
  requires,
  per_watcher,
  applies,
  options: set,
}: Description): string {
  const facts = [
    ...(state === undefined ? [] : [`State: ${state}${source === name ? '' : `, from ${source}`}`]),
    `Hooks: ${hooks.join(', ') || 'none'}`,
    ...(requires.length > 0 ? [`Requires: ${requires.join(', ')}`] : []),
    per_watcher
      ? `Per watcher: each option can be set for one watcher, and false there switches it off (${name}.OPTION, ${name})`
      : 'Per watcher: no',
    applies === 'daemon' ? 'Changes: with a new start of the daemon' : 'Changes: at run time, with ringmaster plugin or a changed config',
  ];
  const options = Object.entries(schema.properties);
  const own = options.length === 0 ? ['  none'] : options.flatMap(([option, of]) => optionLines(option, of, schema.required, set));
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
    ...reserved.flatMap(([option, of]) => optionLines(option, of, [], set)),
  ].join('\n');
}

function optionLines(
  name: string,
  schema: JsonSchema,
  required: readonly string[] = [],
  set: readonly PluginOption[] = [],
): readonly string[] {
  const fallback = required.includes(name)
    ? 'required'
    : schema.default === undefined
      ? 'no default'
      : `default ${JSON.stringify(schema.default)}`;
  const unit = schema.unit === undefined ? '' : `, in ${schema.unit}`;
  const examples = (schema.examples ?? []).map((example) => JSON.stringify(example));
  const text = [schema.description ?? '', ...(examples.length > 0 ? [`Example: ${examples.join(', ')}.`] : [])].join(' ').trim();
  const given = set.find((option) => option.name === name && option.from !== 'default');
  const here = given === undefined ? '' : `; here ${JSON.stringify(given.value)} (${given.from.replace('_', ' ')})`;
  return [`  ${name}: ${schemaWords(schema)}${unit}; ${fallback}${here}`, ...wrapped(text, WIDTH - 6).map((line) => `      ${line}`)];
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
