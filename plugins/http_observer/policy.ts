import type { ObservedCheck, OptionsCheck } from '../../core/index.js';
import type { Options } from './schema.js';

const DEFAULT_URL = 'http://localhost/';

/** All that the options ask to look at: `check_url` as in Circus, and the named ones. */
export function checksOf(options: Options): readonly ObservedCheck[] {
  const named = Object.entries(options.checks).map(
    ([name, { url, method, headers, body, expected_status, expected_body, ...check }]): ObservedCheck => ({
      ...check,
      name,
      title: `HTTP check ${name}`,
      options: { url, method, headers, body, expected_status, expected_body },
    }),
  );
  const url = options.check_url ?? (named.length === 0 ? DEFAULT_URL : null);
  if (url === null) return named;
  const plain: ObservedCheck = {
    name: null,
    title: `HTTP check of ${url}`,
    options: { url, method: 'GET', headers: {}, body: null, expected_status: [], expected_body: null },
    failures: options.failures,
    action: 'restart',
    watcher: options.restart_on_error,
  };
  return [plain, ...named];
}

/** Tells of what begins like a URL and is none. */
export function checkUrls({ check_url = null, checks = {} }: Partial<Options>, { problem }: OptionsCheck): void {
  const named = Object.entries(checks).map(([name, { url }]) => ({ keys: ['checks', name, 'url'], url }));
  for (const { keys, url } of [{ keys: ['check_url'], url: check_url }, ...named]) {
    if (typeof url !== 'string' || URL.canParse(url)) continue;
    const found = JSON.stringify(url);
    problem(keys, { message: `must be a URL, got ${found}`, found, allowed: 'a URL' });
  }
}
