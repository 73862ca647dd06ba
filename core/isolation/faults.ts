import { ERRORS, type ErrorCode, explain, isRingmasterError, RingmasterError } from '../errors.js';
import type { Fault } from './messages.js';

/** Whatever was thrown, as it crosses the border. */
export function faultOf(thrown: unknown): Fault {
  return isRingmasterError(thrown)
    ? { message: thrown.message, code: thrown.code, context: { ...thrown.context } }
    : { message: explain(thrown) };
}

/** What came over the border as an error: one of ours where it has a code of ours. */
export function errorOf({ message, code, context = {} }: Fault): Error {
  if (code === undefined || !isCode(code)) return new Error(message);
  const error = new RingmasterError('RM_REQUEST_INVALID', [message], { context });
  return Object.defineProperties(error, { code: { value: code }, fix: { value: ERRORS[code].fix } });
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);
