import type { HttpProbe } from './schema.js';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with an answer, or null. */
export function wrongWith(
  { status, body }: Answer,
  { expected_status, expected_body }: Pick<HttpProbe, 'expected_status' | 'expected_body'>,
): string | null {
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
