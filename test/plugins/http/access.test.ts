import { expect } from 'chai';
import { refusal } from '../../../plugins/http/access.js';
import { answerOf } from '../../../plugins/http/answer.js';

const options = { host: 'Box', socket: null, allowed_hosts: ['ops.example'], token: null };
const TOKEN = 'a long secret'.replaceAll(' ', '-');

describe('http: who is served', () => {
  const ALLOWED: readonly (readonly [string, string, string, Record<string, string>, object])[] = [
    ['localhost', 'GET', '/', { host: 'localhost:8090' }, {}],
    ['an address', 'GET', '/', { host: '10.1.2.3:8090' }, {}],
    ['an IPv6 address', 'HEAD', '/', { host: '[::1]:8090' }, {}],
    ['the name that it listens on', 'GET', '/', { host: 'box' }, {}],
    ['an allowed name', 'GET', '/', { host: 'OPS.example:1', origin: 'https://ops.example' }, {}],
    ['any name over a unix socket', 'GET', '/', { host: 'what' }, { socket: '/run/s' }],
    ['the health page without the token', 'GET', '/healthz', { host: 'localhost' }, { token: TOKEN }],
    ['a token', 'POST', '/x', { host: 'localhost', authorization: `Bearer ${TOKEN}` }, { token: TOKEN }],
  ];
  for (const [title, method, path, headers, more] of ALLOWED) {
    it(`serves ${title}`, () => expect(refusal(method, path, headers, { ...options, ...more })).to.equal(null));
  }

  const REFUSED: readonly (readonly [string, number, string, string, Record<string, string>, object])[] = [
    ['a name that leads here', 421, 'GET', '/', { host: 'evil.example:8090' }, {}],
    ['a name that begins like one that is allowed', 421, 'GET', '/', { host: 'localhost.evil.example' }, {}],
    ['no name at all', 421, 'GET', '/', {}, {}],
    ['a page of another origin', 403, 'GET', '/', { host: 'localhost', origin: 'https://evil.example' }, {}],
    ['a page of no origin', 403, 'GET', '/', { host: 'localhost', origin: 'null' }, {}],
    ['what changes something, without a token', 403, 'POST', '/x', { host: 'localhost' }, {}],
    ['who has no token', 401, 'GET', '/', { host: 'localhost' }, { token: TOKEN }],
    ['who has another token', 401, 'GET', '/', { host: 'localhost', authorization: `Bearer ${TOKEN}x` }, { token: TOKEN }],
    ['another way to log in', 401, 'GET', '/', { host: 'localhost', authorization: `Basic ${TOKEN}` }, { token: TOKEN }],
  ];
  for (const [title, status, method, path, headers, more] of REFUSED) {
    it(`refuses ${title} with ${status}`, () => expect(refusal(method, path, headers, { ...options, ...more })?.status).to.equal(status));
  }
});

describe('http: answers of pages', () => {
  it('are sent as text, bytes or JSON, and never kept by a browser', () => {
    expect(answerOf({ body: 'hello' })).to.deep.include({ status: 200, body: Buffer.from('hello') });
    expect(answerOf({ body: new Uint8Array([1, 2]) }).body).to.deep.equal(Buffer.from([1, 2]));
    const json = answerOf({ status: 201, headers: { 'x-a': 'b' }, body: { a: 1 } });
    expect(json.body.toString()).to.equal('{"a":1}\n');
    expect(json.headers).to.include({ 'content-type': 'application/json', 'cache-control': 'no-store', 'x-a': 'b' });
    expect(answerOf({}).body.length).to.equal(0);
  });

  const RUBBISH: readonly (readonly [unknown, string])[] = [
    [undefined, 'it returned undefined, allowed is {status, headers, body}'],
    ['x', 'it returned x, allowed is {status, headers, body}'],
    [{ status: 99 }, 'status is 99, allowed is 200 to 599'],
    [{ body: () => 1 }, 'body is function, allowed is text, bytes or what can be JSON'],
  ];
  for (const [reply, message] of RUBBISH) {
    it(`are refused where ${message}`, () => expect(() => answerOf(reply)).to.throw(message));
  }
});
