import type { FromSchema, ProbeType } from '../../core/index.js';
import { parseRedisUrl } from './policy.js';
import { probeSchema } from './schema.js';

/** Asks a server for what it tells of itself; resolves with that. */
export const redisProbe: ProbeType = {
  name: 'redis',
  summary: 'Asks a Redis server how it is.',
  schema: probeSchema,
  async probe({ redis_url }: FromSchema<typeof probeSchema>, signal) {
    const target = parseRedisUrl(redis_url);
    if (target === null) throw new Error('redis_url is no URL of a Redis server');
    const { askInfo } = await import('./redis.js');
    return askInfo(target, signal);
  },
};
