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
