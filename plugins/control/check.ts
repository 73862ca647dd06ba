import { type CommandForm, checkValue, type Extension, messageOf, RingmasterError } from '../../core/index.js';
import type { Properties } from './command.js';

/**
 * Checks the properties of a request against its command's schema, fills in defaults and makes numbers of quantities. What the schema
 * does not know is let through unless it says otherwise, as Circus does.
 *
 * @throws RM_REQUEST_INVALID that names the first property that is missing or wrong, in Circus's words where it has some;
 * RM_EXTENSION_INVALID where the schema itself is wrong
 */
export function checkProperties({ plugin, value: { name, request } }: Extension<'command'>, properties: Properties): Properties {
  const bare = isEmpty(properties);
  if (bare && empty.has(request)) return {};
  const missing = request.required?.find((key) => !Object.hasOwn(properties, key));
  if (missing !== undefined) throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid '${missing}' is missing`]);
  // When the answer comes, and what it shows, is for the endpoint, and may be said with any command.
  const { waiting, show_secrets: _, ...others } = properties;
  const takesWaiting = request.properties !== undefined && Object.hasOwn(request.properties, 'waiting') && waiting !== undefined;
  const own = takesWaiting ? { ...others, waiting } : others;
  const { value, problems } = checked(plugin, { name, request }, own);
  const [problem] = problems;
  if (problem === undefined) {
    const whole = value as Properties;
    if (bare && isEmpty(whole)) empty.add(request);
    return whole;
  }
  const { path, message, allowed, did_you_mean } = problem;
  const known = message.startsWith('is not a known key') ? `; allowed is ${allowed}` : '';
  const context = { path, ...(did_you_mean !== undefined && { did_you_mean }) };
  throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid '${path}' ${message}${known}`], { context });
}

/** Schemas that allow that nothing is said, and then add nothing. */
const empty = new WeakSet<CommandForm['request']>();

function isEmpty(properties: Properties): boolean {
  return Object.keys(properties).length === 0;
}

function checked(
  plugin: string,
  { name, request }: Pick<CommandForm, 'name' | 'request'>,
  properties: Properties,
): ReturnType<typeof checkValue> {
  try {
    return checkValue(properties, request);
  } catch (cause) {
    const args = [plugin, `command.request of ${name}`, messageOf(cause), 'a JSON Schema'] as const;
    throw new RingmasterError('RM_EXTENSION_INVALID', [...args], { cause });
  }
}
