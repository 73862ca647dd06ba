import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * ZeroMQ, loaded where the first socket is made. By `require`: for an import Node first reads the text of a CommonJS package for the names
 * that it exports, which takes longer than loading it.
 */
export const zeromq = (): typeof import('zeromq') => require('zeromq');
