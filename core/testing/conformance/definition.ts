import { checkPluginOptions } from '../../config/check-plugins.js';
import { checkValue } from '../../config/check-value.js';
import { formatPath, sentenceOf } from '../../config/problem.js';
import { isRingmasterError, messageOf } from '../../errors.js';
import type { JsonSchema } from '../../json-schema.js';
import type { AnyPlugin } from '../../plugin.js';
import { type ConformanceCheck, checked } from './report.js';

type Options = Readonly<Record<string, unknown>>;

/** A name that no plugin has an option of. */
const NOBODYS = 'no_such_option';

/** What a plugin is set up with: what was given, and examples of what else must be given. */
export function baseOptions({ schema }: AnyPlugin, given: Options): Options {
  const needed = (schema.required ?? []).filter((name) => schema.properties[name]?.default === undefined);
  const examples = needed.flatMap((name) => {
    const [example] = schema.properties[name]?.examples ?? [];
    return example === undefined ? [] : [[name, example] as const];
  });
  return { ...Object.fromEntries(examples), ...given };
}

/** The checks that need nothing but the definition. */
export function checkDefinition(plugin: AnyPlugin, base: Options): readonly ConformanceCheck[] {
  const { schema } = plugin;
  const described = undescribed(schema).map((name) => `option ${name} has no type or no description`);
  const defaults = [...refusals(plugin, base), ...wrongDefaults(schema, [])];
  const refused = refusals(plugin, { ...base, [NOBODYS]: 1 });
  const known = refusals(plugin, base);
  const unknown = refused.length > known.length ? [] : [`the option ${NOBODYS} was taken without a word`];
  const samples = Object.entries(schema.properties).flatMap(([name, { examples = [] }]) =>
    examples.flatMap((example) => refusals(plugin, { ...base, [name]: example }).filter((why) => !known.includes(why))),
  );
  return [checked('options', described), checked('defaults', defaults), checked('unknown_options', unknown), checked('samples', samples)];
}

/** Options, also those inside of others, that lack a type or a description. */
function undescribed(schema: JsonSchema, path: readonly string[] = []): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const at = [...path, name];
    const typed = [option.type, option.enum, option.anyOf, option.const].some((part) => part !== undefined);
    const own = typed && option.description !== undefined && option.description !== '' ? [] : [formatPath(at)];
    return [...own, ...undescribed(option, at)];
  });
}

function wrongDefaults(schema: JsonSchema, path: readonly string[]): readonly string[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, option]) => wrongDefaults(option, [...path, name]));
  if (schema.default === undefined || path.length === 0) return below;
  const { default: value, ...own } = schema;
  try {
    const { problems } = checkValue({ value: structuredClone(value) }, { type: 'object', properties: { value: own } });
    return [...problems.map((problem) => `the default of ${formatPath(path)}: ${sentenceOf(problem)}`), ...below];
  } catch (thrown) {
    return [`the schema of ${formatPath(path)} is wrong: ${messageOf(thrown)}`, ...below];
  }
}

/** What the check of a config says of these options. */
function refusals(plugin: AnyPlugin, options: Options): readonly string[] {
  try {
    checkPluginOptions(plugin, options);
    return [];
  } catch (thrown) {
    if (isRingmasterError(thrown, 'RM_PLUGIN_OPTIONS')) return thrown.message.split('; plugins.').map((text) => text);
    throw thrown;
  }
}
