import { type ErrorCode, isRingmasterError, messageOf, type RingmasterError } from '../errors.js';

/** The error with which `promise` is rejected. @throws Error where it resolves, or is rejected with another code */
export async function rejects<C extends ErrorCode>(promise: PromiseLike<unknown>, code: C): Promise<RingmasterError<C>> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (isRingmasterError(error, code)) return error;
    throw new Error(`rejected with ${messageOf(error)} instead of ${code}`, { cause: error });
  }
  throw new Error(`resolved with ${String(value)} instead of being rejected with ${code}`);
}
