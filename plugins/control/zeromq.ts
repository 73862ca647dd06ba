import { createRequire } from 'node:module';
import { messageOf, RingmasterError } from '../../core/index.js';

const require = createRequire(import.meta.url);

/**
 * ZeroMQ, loaded where the first socket is made. By `require`: for an import Node first reads the text of a CommonJS package for the names
 * that it exports, which takes longer than loading it.
 *
 * @throws RM_ZEROMQ where there is no addon for this system, or Node may load none
 */
export function zeromq(): typeof import('zeromq') {
  try {
    return require('zeromq');
  } catch (cause) {
    throw new RingmasterError('RM_ZEROMQ', [messageOf(cause)], { cause });
  }
}
