import { isRingmasterError, messageOf, RingmasterError } from './errors.js';

/**
 * What is made of something that another program has said, which may be of another version, or no daemon at all.
 *
 * @param what such as `the reply to list`
 * @throws RM_CLIENT_UNREADABLE where nothing can be made of it; errors of ringmaster as they are
 */
export async function understood<T>(what: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (cause) {
    if (isRingmasterError(cause)) throw cause;
    throw new RingmasterError('RM_CLIENT_UNREADABLE', [what, messageOf(cause)], { cause });
  }
}
