import type { RouteReply } from '../../core/index.js';

/** An answer as it is sent. */
export interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A page's answer as it is sent. @throws Error that says what is wrong with it */
export function answerOf(reply: unknown): Sent {
  if (typeof reply !== 'object' || reply === null) throw new Error(`it returned ${String(reply)}, allowed is {status, headers, body}`);
  const { status = 200, headers = {}, body = '' }: RouteReply = reply;
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error(`status is ${String(status)}, allowed is 200 to 599`);
  if (body instanceof Uint8Array || typeof body === 'string') {
    return { status, headers: { ...ALWAYS, 'content-type': 'text/plain; charset=utf-8', ...headers }, body: Buffer.from(body) };
  }
  const json = JSON.stringify(body);
  if (json === undefined) throw new Error(`body is ${typeof body}, allowed is text, bytes or what can be JSON`);
  return { status, headers: { ...ALWAYS, 'content-type': 'application/json', ...headers }, body: Buffer.from(`${json}\n`) };
}

export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Sent {
  return answerOf({ status, headers, body: `${text}\n` });
}
