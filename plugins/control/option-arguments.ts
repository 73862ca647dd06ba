import { type JsonSchema, messageOf, RingmasterError, signalNumber, watcherSchema } from '../../core/index.js';
import { ArgumentError } from './command.js';

const TRUE = ['yes', 'true', 'on', '1'];
const FALSE = ['no', 'false', 'off', '0'];
const properties: Readonly<Record<string, JsonSchema>> = watcherSchema.properties;

/**
 * The value of a watcher option that was typed as text, by the type that the option has. What is no option of ours stays text: a
 * watcher may have it as a freeform one, and the daemon says if it doesn't.
 *
 * @throws ArgumentError that names what is allowed
 */
export function optionValue(key: string, text: string): unknown {
  if (/^(stdout|stderr)_stream\.(max_bytes|backup_count)$/.test(key)) return asNumber(key, text, 'integer');
  const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (schema === undefined) return text;
  if (key === 'stop_signal') return asSignal(text);
  const types = [schema.type ?? schema.anyOf?.map((choice) => choice.type)].flat(2);
  if (text === '' && types.includes('null')) return null;
  // 077 is another number in octal than in decimal: the daemon knows which is meant.
  if (schema.quantity === 'octal') return text;
  if (types.includes('boolean')) return asBoolean(key, text);
  if (types.includes('object')) {
    if (text.trimStart().startsWith('{')) return asJson(key, text);
    return types.includes('string') ? text : asPairs(key, text);
  }
  if (types.includes('integer') || types.includes('number')) {
    if (types.includes('string') && !isNumber(text)) return text;
    return asNumber(key, text, types.includes('number') ? 'number' : 'integer');
  }
  return text;
}

/** Circus's daemon takes numbers alone; what is no signal stays text, and the daemon says so. */
function asSignal(text: string): unknown {
  try {
    return signalNumber(text);
  } catch (error) {
    if (error instanceof RingmasterError) return text;
    throw error;
  }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

function asNumber(key: string, text: string, type: 'integer' | 'number'): number {
  const value = Number(text);
  if (isNumber(text) && (type === 'number' || Number.isInteger(value))) return value;
  throw new ArgumentError(`${key} must be ${type === 'integer' ? 'a whole number' : 'a number'}, got "${text}"`);
}

function asBoolean(key: string, text: string): boolean {
  const word = text.trim().toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw new ArgumentError(`${key} must be one of ${[...TRUE, ...FALSE].join(', ')}, got "${text}"`);
}

/** An object as a config in JSON has it. */
function asJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ArgumentError(`${key} must be an object in JSON (${messageOf(cause)}), got "${text}"`);
  }
}

/** `NAME=VALUE,NAME=VALUE`; hooks have a colon, because Circus has. */
function asPairs(key: string, text: string): Readonly<Record<string, string>> {
  const separator = key === 'hooks' ? ':' : '=';
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf(separator);
      if (at < 1) throw new ArgumentError(`${key} must be NAME${separator}VALUE,NAME${separator}VALUE or an object in JSON, got "${text}"`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}
