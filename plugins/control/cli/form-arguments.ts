import type { CommandForm, JsonSchema, VerbOption, VerbValues } from '../../../core/index.js';
import { ArgumentError } from '../command.js';
import { argumentsUsage, formOptions, isSwitch, optionWord } from '../listing.js';

/** The options of a command that is known by its schema alone. */
export function formVerbOptions(form: CommandForm): readonly VerbOption[] {
  return formOptions(form).map(([name, schema]) => ({
    name: optionWord(name),
    summary: optionSummary(form, name, schema),
    ...(!isSwitch(schema) && { value: name.toUpperCase() }),
    ...(schema.enum !== undefined && { choices: schema.enum.map(String) }),
  }));
}

/**
 * The properties that a command line asks for.
 *
 * @throws ArgumentError with one line for the user
 */
export function formProperties(form: CommandForm, args: readonly string[], values: VerbValues): Record<string, unknown> {
  const given = new Map<string, unknown>();
  const { request, arguments: positional = [] } = form;
  const left = [...args];
  for (const name of positional) {
    const schema = request.properties?.[name] ?? {};
    const taken = schema.type === 'array' ? left.splice(0) : left.splice(0, 1);
    if (taken.length > 0)
      given.set(
        name,
        schema.type === 'array' ? taken.map((text) => value(name, text, schema.items ?? {})) : value(name, taken[0] ?? '', schema),
      );
  }
  for (const [name, schema] of formOptions(form)) {
    const typed = values[optionWord(name)];
    if (typed !== undefined) given.set(name, typeof typed === 'string' ? value(`--${optionWord(name)}`, typed, schema) : typed);
  }
  const missing = (request.required ?? []).find((name) => !given.has(name) && request.properties?.[name]?.default === undefined);
  if (left.length > 0 || missing !== undefined) {
    const expected = `expected: ${[form.name, argumentsUsage(form)].filter(Boolean).join(' ')}`;
    if (missing === undefined || positional.includes(missing))
      throw new ArgumentError(`Invalid number of arguments: got ${args.length}, ${expected}`);
    throw new ArgumentError(`--${optionWord(missing)} is wanted`);
  }
  return Object.fromEntries(given);
}

function optionSummary({ request }: CommandForm, name: string, schema: JsonSchema): string {
  const described = (schema.description ?? '').replace(/\.$/, '');
  const required = request.required?.includes(name) === true ? ' (required)' : '';
  return `${described}${required}${schema.default === undefined ? '' : ` (${JSON.stringify(schema.default)})`}`.trim();
}

/** What was typed, by the type that the schema names; what does not fit stays text, for the daemon to say what is allowed. */
function value(name: string, text: string, schema: JsonSchema): unknown {
  const types = [schema.type ?? []].flat();
  if (schema.quantity !== undefined) return text;
  if (schema.enum !== undefined) return schema.enum.find((one) => String(one) === text) ?? text;
  if ((types.includes('integer') || types.includes('number')) && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (types.includes('string')) return text;
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  if (types.includes('array') && !text.startsWith('[')) return text.split(',');
  return types.includes('object') || types.includes('array') ? json(name, text) : text;
}

function json(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ArgumentError(`${name} must be JSON, got ${JSON.stringify(text)}`);
  }
}
