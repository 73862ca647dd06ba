import type { CheckAction } from '../../core/index.js';
import type { Options } from './schema.js';

/** One URL that is looked at. */
export interface HttpCheck {
  readonly name: string;
  /** Figures begin with it. */
  readonly prefix: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly expected_status: readonly number[];
  readonly expected_body: string | null;
  readonly loop_rate_ms: number;
  readonly timeout_ms: number;
  readonly failures: number;
  readonly action: CheckAction;
  readonly watcher: string | null;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const DEFAULT_URL = 'http://localhost/';

/** All that the options ask to look at: `check_url` as in Circus, and the named ones. */
export function checksOf(options: Options): readonly HttpCheck[] {
  const { loop_rate, timeout } = options;
  const named = Object.entries(options.checks).map(
    ([name, check]): HttpCheck => ({
      ...check,
      name: `HTTP check ${name}`,
      prefix: `http_stats.${name}`,
      method: check.method.toUpperCase(),
      loop_rate_ms: (check.loop_rate ?? loop_rate) * 1000,
      timeout_ms: (check.timeout ?? timeout) * 1000,
    }),
  );
  const url = options.check_url ?? (named.length === 0 ? DEFAULT_URL : null);
  if (url === null) return named;
  const plain: HttpCheck = {
    name: `HTTP check of ${url}`,
    prefix: 'http_stats',
    url,
    method: 'GET',
    headers: {},
    body: null,
    expected_status: [],
    expected_body: null,
    loop_rate_ms: loop_rate * 1000,
    timeout_ms: timeout * 1000,
    failures: options.failures,
    action: 'restart',
    watcher: options.restart_on_error,
  };
  return [plain, ...named];
}

/** What is wrong with an answer, or null. */
export function wrongWith({ status, body }: Answer, { expected_status, expected_body }: HttpCheck): string | null {
  if (expected_status.length === 0 && (status < 200 || status > 299)) return `status ${status}, expected is 200 to 299`;
  if (expected_status.length > 0 && !expected_status.includes(status))
    return `status ${status}, expected is ${expected_status.join(' or ')}`;
  if (expected_body !== null && !body.includes(expected_body)) return `the body has no ${JSON.stringify(expected_body)} in it`;
  return null;
}

/** A request that follows a redirection; null for an answer that is none, or that is expected as it is. */
export function redirected(
  from: { readonly url: string; readonly method: string; readonly body: string | null },
  status: number,
  location: string | undefined,
  expected: readonly number[],
): { readonly url: string; readonly method: string; readonly body: string | null } | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined || expected.includes(status)) return null;
  const url = new URL(location, from.url).href;
  const plain = from.method !== 'HEAD' && (status === 303 || (status < 303 && from.method === 'POST'));
  return plain ? { url, method: 'GET', body: null } : { ...from, url };
}
