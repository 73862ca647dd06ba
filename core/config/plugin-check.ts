import { type DeclaredTypes, declaredTypes } from '../declared-types.js';
import { messageOf } from '../errors.js';
import type { JsonSchema } from '../json-schema.js';
import type { AnyPlugin, OptionsCheck } from '../plugin.js';
import { checkSchema } from './ajv-problems.js';
import { convertValue } from './convert.js';
import { cloneJson, type JsonObject } from './json-value.js';
import type { Findings, Path } from './problem.js';

/**
 * Has a plugin say what of its options is wrong though its schema allows it.
 *
 * @param options as the schema wants them; of a watcher's own only what is given
 * @param path    where they are in the config
 * @param plugins all that the config asks for; null where they are not known
 */
export function checkByPlugin(
  plugin: AnyPlugin,
  options: JsonObject,
  path: Path,
  plugins: ReadonlyMap<string, AnyPlugin> | null,
  findings: Findings,
): void {
  if (plugin.check === undefined) return;
  const probes: DeclaredTypes | null = plugins && declaredTypes(plugins.values(), 'probes');
  const told: OptionsCheck = {
    probes,
    problem: (keys, mistake) => findings.error([...path, ...keys], mistake),
    value: (keys, value, schema) => checkOther(value, schema, [...path, ...keys], findings),
  };
  try {
    plugin.check(options as never, told);
  } catch (thrown) {
    findings.error(path, { message: `can’t be checked: plugin ${plugin.name} fails in its check: ${messageOf(thrown)}` });
  }
}

function checkOther(given: unknown, schema: JsonSchema, path: Path, findings: Findings): void {
  const value = convertValue(cloneJson(given, path, findings), schema, path, { findings, isText: () => false });
  checkSchema(value, schema, path, findings);
}
