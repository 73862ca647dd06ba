import { once } from 'node:events';
import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { definePlugin, type HttpRoute, type RouteRequest, Supervisor } from '../../../core/index.js';
import { type LogLine, noLeaks, recordingLogger, rejects } from '../../../core/testing.js';
import http from '../../../plugins/http/index.js';
import metrics from '../../../plugins/metrics/index.js';

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A daemon with the plugin, and pages of another one. */
class Site implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  readonly supervisor: Supervisor;

  constructor(options: object, routes: readonly HttpRoute[] = []) {
    const other = definePlugin({
      name: 'other',
      summary: 'Adds pages.',
      schema: { type: 'object', properties: {} },
      setup({ extend }) {
        for (const route of routes) extend('route', route);
      },
    });
    this.supervisor = new Supervisor(
      { watchers: { web: { cmd: 'sleep 1000' } }, plugins: { http: { port: 0, ...options } } },
      { plugins: [http, metrics, other], log: recordingLogger(this.lines) },
    );
  }

  static async start(options: object = {}, routes: readonly HttpRoute[] = []): Promise<Site> {
    const site = new Site(options, routes);
    await site.supervisor.start();
    return site;
  }

  get address(): string {
    return String(this.lines.find(({ message }) => message === 'HTTP pages are served')?.fields?.address);
  }

  async get(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Got> {
    const options = { method, headers: { connection: 'close', ...headers } };
    const { address } = this;
    const asked = address.startsWith('/') ? request({ socketPath: address, path, ...options }) : request(new URL(path, address), options);
    asked.end(body);
    const [response] = await once(asked, 'response');
    let text = '';
    for await (const piece of response) text += String(piece);
    return { status: response.statusCode, headers: response.headers, body: text };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.supervisor.stop();
  }
}

const page = (path: string, handle: (request: RouteRequest) => unknown, method: HttpRoute['method'] = 'GET'): HttpRoute => ({
  method,
  path,
  summary: 'A page.',
  handle: handle as HttpRoute['handle'],
});

describe('http', () => {
  noLeaks();

  it('serves health, status and metrics on the loopback', async () => {
    await using site = await Site.start();
    expect(site.address).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await site.get('/healthz')).to.include({ status: 200, body: 'running\n' });
    const { body, headers } = await site.get('/status.json');
    const [watcher] = JSON.parse(body).watchers;
    expect(watcher).to.include({ name: 'web', status: 'active', numprocesses: 1 });
    expect(watcher.processes[0].pid).to.be.a('number');
    expect(headers).to.include({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    const figures = await site.get('/metrics');
    expect(figures.headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(figures.body).to.include('ringmaster_watcher_processes{watcher="web"} 1\n');
  });

  it('says on the health page what troubles the daemon, which serves on; the rest is for the status', async () => {
    await using site = await Site.start();
    const troubles = [{ name: 'journal' as const, since: 1, message: 'cannot write the journal in /secret/place' }];
    site.supervisor.troubles = () => troubles;
    expect(await site.get('/healthz')).to.include({ status: 200, body: 'running\ntrouble: journal\n' });
    expect(JSON.parse((await site.get('/status.json')).body).troubles).to.deep.equal(troubles);
  });

  it('serves pages of other plugins with what was asked for, as data', async () => {
    let asked: RouteRequest | undefined;
    const token = 'sesame-sesame';
    const pages = [
      page(
        '/echo',
        (request) => {
          asked = request;
          return { status: 201, body: { got: request.body } };
        },
        'POST',
      ),
    ];
    await using site = await Site.start({ token }, pages);
    const headers = { authorization: `Bearer ${token}`, 'X-Mine': 'yes' };
    expect(await site.get('/echo?a=1&a=2', { method: 'POST', headers, body: 'hello' })).to.include({
      status: 201,
      body: '{"got":"hello"}\n',
    });
    expect(asked).to.include({ method: 'POST', path: '/echo', body: 'hello' });
    expect(asked?.query.getAll('a')).to.deep.equal(['1', '2']);
    expect(asked?.headers).to.include({ 'x-mine': 'yes' });
    expect((await site.get('/echo', { method: 'POST' })).status).to.equal(401);
  });

  it('answers HEAD like GET without a body, and what it has not with 404 and 405', async () => {
    const pages = [page('/a', () => ({ body: 'hello' })), page('/b', () => ({}), 'POST')];
    await using site = await Site.start({}, pages);
    const head = await site.get('/a', { method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-length']]).to.deep.equal([200, '', '5']);
    expect(await site.get('/c')).to.include({ status: 404, body: 'there is no page /c\n' });
    const wrong = await site.get('/b');
    expect([wrong.status, wrong.headers.allow]).to.deep.equal([405, 'POST']);
    expect((await site.get('/b', { method: 'POST' })).status, 'without a token').to.equal(403);
  });

  it('does not serve a browser that was led here by a name', async () => {
    await using site = await Site.start();
    expect((await site.get('/healthz', { headers: { host: 'evil.example' } })).status).to.equal(421);
    expect((await site.get('/healthz', { headers: { origin: 'http://evil.example' } })).status).to.equal(403);
  });

  for (const [title, handle, text] of [
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      'oops',
    ],
    ['rejects', async () => Promise.reject(new Error('oops')), 'oops'],
    ['returns rubbish', () => 5, 'it returned 5, allowed is {status, headers, body}'],
  ] as const) {
    it(`answers for a page that ${title}, and names the plugin`, async () => {
      await using site = await Site.start({}, [page('/bad', handle)]);
      expect(await site.get('/bad')).to.include({ status: 500, body: `plugin "other" failed in route GET /bad: ${text}\n` });
      expect(site.lines.some(({ level, message }) => level === 'error' && message.includes('route GET /bad'))).to.equal(true);
      expect((await site.get('/healthz')).status).to.equal(200);
    });
  }

  it('tells a page whose visitor is gone, and stops though one hangs', async () => {
    let gone: Promise<unknown> | undefined;
    let visited = (): void => {};
    const visit = new Promise<void>((resolve) => {
      visited = resolve;
    });
    const hanging = page('/hang', ({ signal }) => {
      gone = once(signal, 'abort');
      visited();
      return new Promise(() => {});
    });
    await using site = await Site.start({}, [hanging]);
    const left = site.get('/hang').catch((error: unknown) => error);
    await visit;
    await site.supervisor.stop();
    expect(await left).to.be.an('error');
    await gone;
  });

  it('refuses a body that is too long', async () => {
    await using site = await Site.start();
    expect((await site.get('/healthz', { headers: { 'transfer-encoding': 'chunked' }, body: 'x'.repeat(1_048_577) })).status).to.equal(413);
  });

  describe('on a unix socket', () => {
    let directory = '';
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'rm-http-'));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    it('is for its owner only, replaces one that is left over, and is gone at the end', async () => {
      const socket = join(directory, 's');
      const before = createServer().listen(`${socket}0`);
      await once(before, 'listening');
      linkSync(`${socket}0`, socket);
      before.close();
      await once(before, 'close');
      await using site = await Site.start({ socket });
      expect(statSync(socket).mode & 0o777).to.equal(0o600);
      expect(await site.get('/healthz', { headers: { host: 'anything' } })).to.include({ status: 200 });
      await site.supervisor.stop();
      expect(statSync(socket, { throwIfNoEntry: false })).to.equal(undefined);
    });

    it('does not take the place of one that is in use, or of a file', async () => {
      const socket = join(directory, 's');
      const owner = createServer().listen(socket);
      await once(owner, 'listening');
      const inUse = await rejects(Site.start({ socket }), 'RM_PLUGIN_FAILED');
      expect(inUse.cause).to.have.property('code', 'RM_ENDPOINT_BIND');
      owner.close();
      writeFileSync(socket, 'text');
      await rejects(Site.start({ socket }), 'RM_PLUGIN_FAILED');
      expect(statSync(socket).size).to.equal(4);
    });
  });

  it('says where it can not listen', async () => {
    await using site = await Site.start();
    const { port } = new URL(site.address);
    const { cause } = await rejects(Site.start({ port: Number(port) }), 'RM_PLUGIN_FAILED');
    expect((cause as Error).message).to.equal(`cannot listen on http://127.0.0.1:${port}: address already in use`);
  });
});
