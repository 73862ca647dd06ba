import type { JsonSchema } from '../../json-schema.js';

/** Resource limits of setrlimit(2) that `rlimit_*` options name. */
export const RLIMITS = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;
export type Rlimit = (typeof RLIMITS)[number];

/** The option for one of them. */
export const rlimitSchema = {
  type: ['integer', 'string', 'null'],
  quantity: 'size',
  applies: 'restart',
  description: 'Limit of setrlimit(2), soft and hard; null, empty or `infinity`: none.',
} as const satisfies JsonSchema;
