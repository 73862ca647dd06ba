import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { messageOf } from '../../core/index.js';
import type { Delivery } from './outbox.js';

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Answers that another attempt may change. */
const AGAIN = new Set([408, 425, 429]);

/** One attempt to POST; a connection of its own, so that nothing stays open. Never rejects. */
export function post({ url, headers, body, signal }: Post): Promise<Delivery> {
  const target = new URL(url);
  const request = target.protocol === 'https:' ? requestSecure : requestPlain;
  const failed = (why: string): Delivery => ({ ok: false, why: `${target.host}: ${why}`, again: true });
  return new Promise((resolve) => {
    const sent = request(
      target,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { 'content-type': 'application/json', 'user-agent': 'ringmaster', ...headers, 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        const wait_s = Number(response.headers['retry-after']);
        response.resume();
        response.once('error', (error) => resolve(failed(messageOf(error))));
        response.once('end', () => {
          if (status >= 200 && status < 300) resolve({ ok: true });
          else if (status < 500 && !AGAIN.has(status)) resolve({ ok: false, why: `${target.host}: answered ${status}`, again: false });
          else resolve({ ...failed(`answered ${status}`), ...(wait_s > 0 ? { wait_ms: wait_s * 1000 } : {}) });
        });
      },
    );
    sent.once('error', (error) => resolve(failed(signal.aborted ? 'gave no answer in time' : messageOf(error))));
    sent.end(body);
  });
}
