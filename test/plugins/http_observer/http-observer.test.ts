import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, noLeaks } from '../../../core/testing.js';
import { redirected, wrongWith } from '../../../plugins/checks/http/answer.js';
import { ask } from '../../../plugins/checks/http/ask.js';
import type { HttpProbe } from '../../../plugins/checks/http/schema.js';
import { wantedChecks } from '../../../plugins/checks/observed.js';
import { checksOf } from '../../../plugins/http_observer/policy.js';
import type { Options } from '../../../plugins/http_observer/schema.js';
import { Real } from '../../fixtures/real.js';
import { listenOnUdp } from '../../fixtures/udp.js';

const OPTIONS: Options = {
  application_name: 'http_observer',
  host: 'localhost',
  port: 8125,
  sample_rate: 1,
  tags: '',
  check_url: null,
  timeout: 10,
  loop_rate: 60,
  restart_on_error: null,
  failures: 1,
  checks: {},
};
const CHECK: HttpProbe = {
  url: 'http://localhost/',
  method: 'GET',
  headers: {},
  body: null,
  expected_status: [],
  expected_body: null,
};
const sleeper = { cmd: process.execPath, args: ['-e', 'setInterval(() => {}, 60000)'] };

interface HttpServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD PATH` of each request, oldest first. */
  readonly requests: readonly string[];
}

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, requests, [Symbol.asyncDispose]: close };
}

describe('http_observer policy', () => {
  it("looks at Circus's own URL where nothing is named, at check_url, and at the named ones", () => {
    const named: Options['checks'][string] = {
      ...{ url: 'http://a/', method: 'head', headers: {}, body: null, expected_status: [], expected_body: null },
      ...{ failures: 3, timeout: 1, action: 'restart', watcher: null },
    };
    const wanted = (options: Partial<Options>) =>
      wantedChecks({ config: { ...OPTIONS, ...options }, configFor: () => null, checks: checksOf, figures: 'http_stats' }, []);
    const urls = (options: Partial<Options>): string[] =>
      wanted(options).map(({ options: probe, prefix }) => `${prefix} ${'url' in probe ? probe.url : ''}`);
    expect(urls({})).to.deep.equal(['http_stats http://localhost/']);
    expect(urls({ checks: { api: named } })).to.deep.equal(['http_stats.api http://a/']);
    expect(urls({ check_url: 'http://b/', checks: { api: named } })).to.deep.equal(['http_stats http://b/', 'http_stats.api http://a/']);
    const [first] = wanted({ checks: { api: named } });
    expect([first?.loop_rate_ms, first?.timeout_ms, first?.failures]).to.deep.equal([60_000, 1000, 3]);
  });

  it('says what is wrong with an answer', () => {
    const cases: readonly [number, string, Partial<HttpProbe>, string | null][] = [
      [200, '', {}, null],
      [299, '', {}, null],
      [304, '', {}, 'status 304, expected is 200 to 299'],
      [500, '', {}, 'status 500, expected is 200 to 299'],
      [401, '', { expected_status: [401, 403] }, null],
      [200, '', { expected_status: [401, 403] }, 'status 200, expected is 401 or 403'],
      [200, 'all is well', { expected_body: 'well' }, null],
      [200, 'oops', { expected_body: 'well' }, 'the body has no "well" in it'],
    ];
    for (const [status, body, check, expected] of cases) expect(wrongWith({ status, body }, { ...CHECK, ...check })).to.equal(expected);
  });

  it('follows redirections as browsers do', () => {
    const from = { url: 'http://a/x', method: 'POST', body: 'text' };
    const cases: readonly [string, number, string | undefined, readonly number[], string | null][] = [
      ['GET', 301, '/y', [], 'GET http://a/y'],
      ['POST', 302, 'http://b/', [], 'GET http://b/'],
      ['POST', 307, '/y', [], 'POST http://a/y'],
      ['PUT', 303, '/y', [], 'GET http://a/y'],
      ['HEAD', 303, '/y', [], 'HEAD http://a/y'],
      ['GET', 302, '/y', [302], null],
      ['GET', 302, undefined, [], null],
      ['GET', 304, '/y', [], null],
    ];
    for (const [method, status, location, expected, found] of cases) {
      const next = redirected({ ...from, method }, status, location, expected);
      expect(next && `${next.method} ${next.url}`).to.equal(found);
      if (next?.method === 'GET' && method !== 'GET') expect(next.body).to.equal(null);
    }
  });
});

describe('http_observer: requests', () => {
  noLeaks();
  const signal = new AbortController().signal;

  it('have method, headers and body', async () => {
    await using server = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.writeHead(201).end(`${request.headers['x-key']} ${body}`));
    });
    const answer = await ask({ ...CHECK, url: `${server.url}/new`, method: 'POST', headers: { 'X-Key': 'k' }, body: 'bödy' }, signal);
    expect(answer).to.deep.equal({ status: 201, body: 'k bödy' });
    expect(server.requests).to.deep.equal(['POST /new']);
  });

  it('follow redirections, with headers only to the same place, and not for ever', async () => {
    await using other = await serve((request, response) => response.end(`key ${request.headers['x-key']}`));
    await using server = await serve((request, response) => {
      const location = request.url === '/' ? '/two' : request.url === '/two' ? `${other.url}/three` : '/loop';
      response.writeHead(302, { location }).end();
    });
    const answer = await ask({ ...CHECK, url: `${server.url}/`, headers: { 'X-Key': 'k' } }, signal);
    expect(answer.body).to.equal('key undefined');
    const endless = await ask({ ...CHECK, url: `${server.url}/loop` }, signal).catch(String);
    expect(endless).to.equal('Error: more than 5 redirections');
  });

  it('end when they are not wanted any more', async () => {
    await using server = await serve(() => {});
    const control = new AbortController();
    const answer = ask({ ...CHECK, url: server.url }, control.signal).catch((error: Error) => error.name);
    await eventually(() => server.requests.length === 1);
    control.abort();
    expect(await answer).to.equal('AbortError');
  });

  it('keep no more than a mebibyte of a body', async () => {
    await using server = await serve((_request, response) => response.end(Buffer.alloc(3_000_000, 'x')));
    expect((await ask({ ...CHECK, url: server.url }, signal)).body).to.have.length(1_048_576);
  });
});

describe('http_observer', () => {
  noLeaks();

  it('sends the time that it took, and restarts the watcher when the URL gives an error, as in Circus', async () => {
    await using statsd = await listenOnUdp();
    let status = 200;
    await using server = await serve((_request, response) => response.writeHead(status).end());
    const http_observer = { host: '127.0.0.1', port: statsd.port, check_url: server.url, loop_rate: 0.05, restart_on_error: 'web' };
    await using real = await Real.start(() => ({ plugins: { http_observer }, watchers: { web: sleeper } }));
    await eventually(() => statsd.messages.some((text) => /^circus\.http_observer\.watcher\.http_stats\.request_time:\d+\|ms$/.test(text)));
    const [before] = real.pids();
    status = 503;
    await eventually(() => real.pids().length === 1 && real.pids()[0] !== before);
    const prefix = 'circus.http_observer.watcher.http_stats.';
    await eventually(() =>
      expect(statsd.messages).to.include.members([`${prefix}error:1|c`, `${prefix}error.503:1|c`, `${prefix}restart_on_error:1|c`]),
    );
  });

  it('counts no answer as 599, and acts on each check by itself', async () => {
    await using statsd = await listenOnUdp();
    await using server = await serve((request, response) => {
      if (request.url !== '/hang') response.end('well');
    });
    const checks = {
      hang: { url: `${server.url}/hang`, timeout: 0.1, failures: 2, action: 'stop', watcher: 'one' },
      well: { url: server.url, expected_body: 'well', action: 'stop', watcher: 'two' },
      ill: { url: server.url, expected_body: 'ill', action: 'event', watcher: 'two' },
    };
    const http_observer = { host: '127.0.0.1', port: statsd.port, loop_rate: 0.05, checks };
    await using real = await Real.start(() => ({ plugins: { http_observer }, watchers: { one: sleeper, two: sleeper } }));
    await eventually(() => real.watcher('one').status === 'stopped');
    await eventually(() => expect(statsd.names()).to.include('circus.http_observer.watcher.http_stats.hang.stop_on_error'));
    expect(statsd.names()).to.include('circus.http_observer.watcher.http_stats.hang.error.599');
    await eventually(() => real.record.names('two').includes('check_failed'));
    await eventually(() => expect(statsd.names()).to.include('circus.http_observer.watcher.http_stats.ill.error.200'));
    expect(real.watcher('two').status).to.equal('active');
  });

  it('names a URL that is none', async () => {
    const watchers = { web: { cmd: 'web', plugins: { http_observer: { checks: { api: { url: 'http://]' } } } } } };
    const { problems } = await checkConfig({ plugins: { http_observer: { check_url: 'http://[' } }, watchers }, { resolvePlugin });
    expect(problems.map(({ path, message }) => `${path} ${message}`)).to.deep.equal([
      'plugins.http_observer.check_url must be a URL, got "http://["',
      'watchers.web.plugins.http_observer.checks.api.url must be a URL, got "http://]"',
    ]);
  });

  it('looks at what watchers ask for by themselves, and acts on them', async () => {
    await using statsd = await listenOnUdp();
    await using server = await serve((request, response) => response.writeHead(request.url === '/bad' ? 500 : 200).end());
    const web = { ...sleeper, plugins: { http_observer: { check_url: `${server.url}/bad`, failures: 2 } } };
    const off = { ...sleeper, plugins: { http_observer: false } };
    const checks = { site: { url: `${server.url}/good`, watcher: 'db' }, never: { url: `${server.url}/never`, watcher: 'off' } };
    const pace = { loop_rate: 0.05, host: '127.0.0.1', port: statsd.port };
    await using real = await Real.start(() => ({ plugins: { http_observer: { ...pace, checks } }, watchers: { web, off, db: sleeper } }));
    const [before, db] = [real.pids('web'), real.pids('db')];
    await eventually(() => real.pids('web').length === 1 && real.pids('web')[0] !== before[0]);
    const prefix = 'circus.http_observer.watcher.http_stats.';
    await eventually(() => statsd.names().includes(`${prefix}site.request_time`) && statsd.names().includes(`${prefix}web.error.500`));
    expect(real.pids('db')).to.deep.equal(db);
    expect(server.requests).not.to.include('GET /never');
  });
});
