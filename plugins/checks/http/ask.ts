import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Answer, redirected } from './answer.js';
import type { HttpProbe } from './schema.js';

/** How many redirections are followed. */
const REDIRECTS = 5;
/** How much of a body is kept. */
const LONGEST_BYTES = 1_048_576;

type Request = Pick<HttpProbe, 'url' | 'method' | 'headers' | 'body'>;

/** Asks for a URL on a connection of its own, and follows redirections whose status is not among the expected ones. */
export async function ask(check: HttpProbe, signal: AbortSignal): Promise<Answer> {
  let request: Request = check;
  for (let at = 0; at <= REDIRECTS; at++) {
    const { response, body } = await exchange(request, signal);
    const status = response.statusCode ?? 0;
    const next = redirected(request, status, response.headers.location, check.expected_status);
    if (next === null) return { status, body };
    request = { ...next, headers: sameOrigin(request.url, next.url) ? request.headers : {} };
  }
  throw new Error(`more than ${REDIRECTS} redirections`);
}

/** Headers may hold secrets, which are for nobody else. */
function sameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin;
}

function exchange(
  { url, method, headers, body }: Request,
  signal: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly body: string }> {
  const target = new URL(url);
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options: RequestOptions = { method, headers: { ...length, ...headers }, agent: false, signal };
  return new Promise((resolve, reject) => {
    const request = send(target, options, (response) => {
      const kept: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        if (size < LONGEST_BYTES) kept.push(chunk.subarray(0, LONGEST_BYTES - size));
        size += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ response, body: Buffer.concat(kept).toString('utf8') }));
    });
    request.on('error', reject);
    request.end(body ?? undefined);
  });
}
