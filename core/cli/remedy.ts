import type { RingmasterError } from '../errors.js';

/** What to do after an error, as the end of a line: where a daemon has refused, its word comes before that of the error. */
export function remedyOf({ fix, context }: RingmasterError): string {
  const reply = contextOf(context.reply);
  const { did_you_mean } = contextOf(reply.context);
  if (typeof did_you_mean === 'string') return `; did you mean ${did_you_mean}?`;
  return `; ${typeof reply.fix === 'string' ? reply.fix : fix}`;
}

function contextOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
