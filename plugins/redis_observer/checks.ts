import type { ObservedCheck, OptionsCheck } from '../../core/index.js';
import { parseRedisUrl } from './policy.js';
import type { Options } from './schema.js';

/** The one server that the options name, if they do. */
export function checksOf({ redis_url, failures, action, restart_on_timeout: watcher }: Options): readonly ObservedCheck[] {
  return redis_url === null ? [] : [{ name: null, title: 'redis check', options: { redis_url }, failures, action, watcher }];
}

/** Tells of what begins like a URL of a server and is none, without the password that it may hold. */
export function checkUrl({ redis_url }: Partial<Options>, { problem }: OptionsCheck): void {
  if (typeof redis_url !== 'string' || parseRedisUrl(redis_url) !== null) return;
  const [found, allowed] = [JSON.stringify(redis_url.replace(/\/\/.*@/, '//…@')), 'a URL of a Redis server'];
  problem(['redis_url'], { message: `must be ${allowed}, got ${found}`, found, allowed });
}
