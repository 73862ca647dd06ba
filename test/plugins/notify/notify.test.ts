import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig, Supervisor } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, type LogLine, noLeaks, recordingLogger, rejects } from '../../../core/testing.js';
import notify from '../../../plugins/notify/index.js';
import { isAlive } from '../../fixtures/real.js';

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** A web server that keeps what it is sent. */
class Hook implements AsyncDisposable {
  readonly received: Received[] = [];
  answer: (response: ServerResponse, nth: number) => void = (response) => void response.writeHead(204).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        this.received.push({ method, path: url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
        this.answer(response, this.received.length);
      });
    });
  }

  static async open(): Promise<Hook> {
    const hook = new Hook();
    await new Promise<void>((resolve) => hook.#server.listen(0, '127.0.0.1', resolve));
    return hook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/T000/SECRET`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const v = (name: string): string => `\${${name}}`;

describe('notify', () => {
  noLeaks();

  let lines: LogLine[];
  let directory: string;
  beforeEach(async () => {
    lines = [];
    directory = await mkdtemp(join(tmpdir(), 'ringmaster-notify-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** A supervisor with a watcher that can't be spawned, and so is given up. */
  function broken(options: object, watcher: object = {}): Supervisor {
    const watchers = { web: { cmd: join(directory, 'missing'), max_retry: 1, ...watcher } };
    return new Supervisor(
      { plugins: { notify: { events: ['gave_up'], ...options } }, watchers },
      { plugins: [notify], log: recordingLogger(lines) },
    );
  }

  it('posts chosen events as JSON, with what they have', async () => {
    await using hook = await Hook.open();
    await using supervisor = broken({ url: hook.url, headers: { Authorization: 'Bearer TOKEN' } });
    await supervisor.start();
    await eventually(() => hook.received.length > 0);
    const [{ method, path, headers, body }] = hook.received as [Received];
    expect([method, path, headers.authorization, headers['content-type']]).to.deep.equal([
      'POST',
      '/T000/SECRET',
      'Bearer TOKEN',
      'application/json',
    ]);
    expect(body).to.include({ watcher: 'web', event: 'gave_up', dropped: 0 });
    expect(body.reason).to.include('max_retry 1');
    expect(hook.received).to.have.length(1);
  });

  it('fills in a template', async () => {
    await using hook = await Hook.open();
    await using supervisor = broken({
      url: hook.url,
      body: { text: `${v('watcher')} ${v('event')}: ${v('summary')}`, blocks: [{ type: 'x', at: v('time') }] },
    });
    await supervisor.start();
    await eventually(() => hook.received.length > 0);
    const [{ body }] = hook.received as [Received];
    expect(body.text).to.equal('web gave_up: The watcher was stopped because it cannot be kept running.');
    expect(JSON.stringify(body.blocks)).to.match(/^\[\{"type":"x","at":"20\d\d-.*Z"\}\]$/);
  });

  it('tries again after a failure of the server, a lost connection and no answer', async () => {
    await using hook = await Hook.open();
    hook.answer = (response, nth) => {
      if (nth === 1) response.writeHead(503).end('down');
      else if (nth === 2) response.destroy();
      else if (nth > 3) response.writeHead(200).end('ok');
    };
    await using supervisor = broken({ url: hook.url, retry_in: '10ms', timeout: '1s' });
    await supervisor.start();
    await eventually(() => hook.received.length === 4);
    await eventually(() => lines.some(({ message }) => message === 'told of an event'));
    const warned = lines.filter(({ level, message }) => level === 'warn' && message.startsWith('telling')).map(({ message }) => message);
    expect(warned).to.have.length(3);
    expect(warned.join()).to.include('answered 503').and.to.include('gave no answer in time');
  });

  it('does not try again what the server refuses for good', async () => {
    await using hook = await Hook.open();
    hook.answer = (response) => void response.writeHead(404).end();
    await using supervisor = broken({ url: hook.url, retry_in: 0 });
    await supervisor.start();
    await eventually(() => lines.some(({ message }) => message.includes('answered 404')));
    expect(hook.received).to.have.length(1);
  });

  it('logs neither the path of the URL, nor who it is for, nor values of headers', async () => {
    const url = 'http://user:PASSWORD@127.0.0.1:1/T000/SECRET?key=KEY';
    await using supervisor = broken({ url, headers: { Authorization: 'Bearer TOKEN', 'X-Wrong': 'TOKEN\n' }, attempts: 2, retry_in: 0 });
    await supervisor.start();
    await eventually(() => lines.some(({ message }) => message.startsWith('nobody was told')));
    await using refused = broken({ url, attempts: 2, retry_in: 0, headers: { Authorization: 'Bearer TOKEN' } });
    await refused.start();
    await eventually(() => lines.some(({ message }) => message.includes('127.0.0.1:1: connect ECONNREFUSED')));
    expect(JSON.stringify(lines)).to.not.match(/PASSWORD|SECRET|KEY|TOKEN/);
  });

  it('runs a command, with variables in its words, and the JSON on its input', async () => {
    const out = join(directory, 'out');
    const script = 'printf "%s|" "$@" "$RINGMASTER_EVENT" >"$0.part"; cat >>"$0.part"; mv "$0.part" "$0"';
    await using supervisor = broken({ command: `sh -c '${script}' ${out} "of ${v('watcher')};" ${v('event')}` });
    await supervisor.start();
    const text = await eventually(() => readFile(out, 'utf8'));
    const [first, second, third, json = ''] = text.split('|');
    expect([first, second, third]).to.deep.equal(['of web;', 'gave_up', 'gave_up']);
    expect(JSON.parse(json)).to.include({ watcher: 'web', event: 'gave_up' });
  });

  it('runs a command again that fails, and ends one that takes too long with all it has started', async () => {
    const out = join(directory, 'out');
    const script = 'echo $$ >>"$0"; case $(wc -l <"$0") in *1) exit 3;; *2) sleep 60 & echo $! >"$0.sleep"; wait;; esac';
    await using supervisor = broken({ command: `sh -c '${script}' ${out}`, retry_in: '10ms', timeout: '2s' });
    await supervisor.start();
    await eventually(() => lines.some(({ message }) => message === 'told of an event'));
    const warned = lines.filter(({ message }) => message.startsWith('telling')).map(({ message }) => message);
    expect(warned.join()).to.include('command sh: ended with status 3').and.to.include('did not end in time');
    const sleeper = Number(await readFile(`${out}.sleep`, 'utf8'));
    await eventually(() => !isAlive(sleeper));
  });

  it('says of a command that there is none of', async () => {
    await using supervisor = broken({ command: join(directory, 'nope'), attempts: 1 });
    await supervisor.start();
    await eventually(() => lines.some(({ message }) => message.includes('ENOENT') && message.startsWith('nobody was told')));
  });

  it('takes options from the watcher first, and is off where the watcher says so', async () => {
    await using hook = await Hook.open();
    await using silent = broken({ url: hook.url }, { plugins: { notify: false } });
    await using other = broken({}, { plugins: { notify: { url: hook.url, events: 'spawn_failed' } } });
    await silent.start();
    await other.start();
    await eventually(() => hook.received.length > 0);
    expect(hook.received.map(({ body }) => body.event)).to.deep.equal(['spawn_failed']);
  });

  it('tells of the last events before the supervisor has stopped', async () => {
    await using hook = await Hook.open();
    hook.answer = (response) => void setImmediate(() => response.writeHead(200).end());
    const supervisor = new Supervisor(
      { plugins: { notify: { events: '*', url: hook.url } }, watchers: { web: { cmd: 'sleep 100' } } },
      { plugins: [notify] },
    );
    await supervisor.start();
    await supervisor.stop();
    expect(hook.received.map(({ body }) => body.event)).to.deep.equal(['spawn', 'start', 'kill', 'reap', 'stop']);
  });

  it('refuses options that can not work, without a secret in the message', async () => {
    const wrong: readonly [object, string][] = [
      [{ url: 'hooks.example/SECRET' }, 'url is none'],
      [{ command: `echo ${v('pid')}` }, 'there is no variable'],
      [{ events: 'died' }, 'events has "died"'],
    ];
    for (const [options, expected] of wrong) {
      const error = await rejects(broken(options).start(), 'RM_PLUGIN_FAILED');
      expect(error.cause).to.have.property('message').that.includes(expected).and.does.not.include('SECRET');
    }
  });

  it('is asked for in an ini, and names wrong options', async () => {
    const file = join(directory, 'circus.ini');
    await writeFile(file, '[plugin:n]\nuse = notify\nevents = reap, gave_up\nurl = https://hooks.example\nattempts = 3\n');
    const { config, problems } = await loadConfig(file, { resolvePlugin });
    expect(problems).to.deep.equal([]);
    expect(config?.plugins.notify).to.include({ events: 'reap, gave_up', attempts: 3 });
    const checked = await checkConfig({ plugins: { notify: { events: ['died'], timeout: 0, header: {} } } }, { resolvePlugin });
    expect(new Set(checked.problems.map(({ path }) => path.replace(/\.\d+$/, '')))).to.deep.equal(
      new Set(['plugins.notify.events', 'plugins.notify.timeout', 'plugins.notify.header']),
    );
  });
});
