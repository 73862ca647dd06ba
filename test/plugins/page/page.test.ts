import { expect } from 'chai';
import { Supervisor } from '../../../core/index.js';
import { eventually, type LogLine, recordEvents, recordingLogger } from '../../../core/testing.js';
import { shownEvent } from '../../../plugins/page/snapshot.js';
import { Browser } from '../../fixtures/browser.js';

const TOKEN = 'open-sesame';

interface Served extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly url: string;
  readonly record: ReturnType<typeof recordEvents>;
}

async function served(http: object = {}, watchers: object = {}): Promise<Served> {
  const lines: LogLine[] = [];
  const three = Object.fromEntries(['web', 'mail', 'cron'].map((name) => [name, { cmd: 'sleep 86400', numprocesses: 2 }]));
  const config = { watchers: { ...three, ...watchers }, plugins: { http: { port: 0, ...http }, page: {} } };
  const record = recordEvents();
  const supervisor = new Supervisor(config, { plugins: [record.plugin], log: recordingLogger(lines) });
  await supervisor.start();
  const address = lines.find(({ message }) => message === 'HTTP pages are served')?.fields?.address;
  return { supervisor, url: String(address), record, [Symbol.asyncDispose]: () => supervisor.stop() };
}

describe('page: what it is made of', () => {
  it('shows of an event what is short', () => {
    const event = { watcher: 'web', name: 'reap', body: { time: 7, process_pid: 12, exit_code: -9 } } as const;
    expect(shownEvent(event)).to.deep.equal({ time: 7, watcher: 'web', name: 'reap', text: 'process_pid=12 exit_code=-9' });
  });

  it('is open to everybody, and what it shows to those who have the token', async () => {
    await using page = await served({ token: TOKEN });
    const asked = async (path: string, options: RequestInit = {}): Promise<number> => (await fetch(page.url + path, options)).status;
    const headers = { authorization: `Bearer ${TOKEN}` };
    for (const path of ['/', '/page.css', '/page.js']) expect(await asked(path), path).to.equal(200);
    for (const path of ['/page.json', '/page/logs?watcher=web']) {
      expect(await asked(path), path).to.equal(401);
      expect(await asked(path, { headers }), path).to.equal(200);
    }
    expect(await asked('/page/do', { method: 'POST', body: '{}' })).to.equal(401);
    expect(await asked('/page/do', { method: 'POST', body: '{}', headers })).to.equal(400);
    expect(await asked('/page/do', { method: 'POST', body: 'x', headers })).to.equal(400);
    const unknown = JSON.stringify({ watcher: 'nobody', action: 'stop' });
    expect(await asked('/page/do', { method: 'POST', body: unknown, headers })).to.equal(404);
    const policy = (await fetch(page.url)).headers.get('content-security-policy');
    expect(policy).to.include("default-src 'none'").and.not.include('unsafe');
  });

  it('tells in the audit what was asked for by it, and what came of it', async () => {
    await using page = await served({ token: TOKEN });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ watcher: 'web', action: 'stop' });
    expect((await fetch(`${page.url}/page/do`, { method: 'POST', body, headers })).status).to.equal(200);
    const audit = await eventually(() => page.record.events.find(({ name }) => name === 'audit'));
    expect(audit).to.have.property('watcher', 'web');
    expect(audit?.body).to.deep.include({ who: 'page', command: 'stop', result: 'ok', properties: { name: 'web' } });
  });

  it('changes nothing without a token', async () => {
    await using page = await served();
    const body = JSON.stringify({ watcher: 'web', action: 'stop' });
    expect((await fetch(`${page.url}/page/do`, { method: 'POST', body })).status).to.equal(403);
    expect(page.supervisor.find('web')?.status).to.equal('active');
  });
});

describe('page, in a browser', () => {
  let browser: Browser;

  before(async () => {
    browser = await Browser.open();
  });
  after(() => browser[Symbol.asyncDispose]());

  const textOf = (selector: string): Promise<string> =>
    browser.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`);
  const shows = (selector: string, text: string): Promise<unknown> =>
    eventually(async () => (await textOf(selector)).includes(text), { what: `${selector} to show ${text}` });

  it('shows the watchers, and a process that took the place of one that was killed, by itself', async () => {
    await using page = await served();
    await browser.goTo(page.url);
    await shows('#summary', 'running, 3 of 3 watchers active');
    expect(await browser.evaluate('document.querySelector("#login").checkVisibility()')).to.equal(false);
    expect(await browser.evaluate('[...document.querySelectorAll("#watchers h3")].map((name) => name.textContent)')).to.deep.equal([
      'web',
      'mail',
      'cron',
    ]);
    const [before = 0] =
      page.supervisor
        .find('web')
        ?.processes()
        .map(({ pid }) => pid) ?? [];
    await shows('[data-watcher=web] table', String(before));
    process.kill(before, 'SIGKILL');
    await shows('#events', `reap process_pid=${before} exit_code=-9`);
    expect(await textOf('[data-watcher=web] table')).not.to.include(String(before));
    await shows('[data-watcher=web] .counts', '2 of 2');
  });

  it('asks for the token, and then starts and stops by the keyboard alone', async () => {
    await using page = await served({ token: TOKEN });
    await browser.goTo(page.url);
    await eventually(() => browser.evaluate('document.activeElement?.id === "token"'), {
      what: 'the field of the token to have the focus',
    });
    await browser.type(TOKEN);
    await browser.press('Enter', 13, '\r');
    await shows('#summary', '3 of 3 watchers active');
    expect(await browser.evaluate('document.querySelector("#login").checkVisibility()')).to.equal(false);
    await browser.evaluate('document.querySelector("[data-watcher=mail] [data-action=restart]").focus()');
    await browser.press('Tab', 9);
    expect(await browser.evaluate('document.activeElement.getAttribute("aria-label")')).to.equal('Reload mail');
    await browser.evaluate('document.querySelector("[data-watcher=mail] [data-action=stop]").focus()');
    await browser.press('Enter', 13, '\r');
    await shows('[data-watcher=mail] .status', 'stopped');
    expect(page.supervisor.find('mail')?.status).to.equal('stopped');
    await shows('[data-watcher=mail] .why', 'stop by request');
    await browser.evaluate('document.querySelector("[data-watcher=web] [data-action=incr]").click()');
    await shows('[data-watcher=web] .counts', '3 of 3');
  });

  it('shows the last output of a watcher, as text whatever it is', async () => {
    const cmd = 'sh -c \'echo "<img src=x onerror=document.title=1>"; exec sleep 86400\'';
    await using page = await served({}, { loud: { cmd, stdout: { type: 'memory' } } });
    await browser.goTo(page.url);
    await shows('[data-watcher=loud] .status', 'active');
    await browser.evaluate('document.querySelector("[data-watcher=loud] [data-action=logs]").click()');
    await shows('[data-watcher=loud] pre', '<img src=x onerror=document.title=1>');
    expect(await browser.evaluate('document.querySelectorAll("#watchers img").length')).to.equal(0);
  });

  it('says so when the daemon is gone', async () => {
    const page = await served();
    await browser.goTo(page.url);
    await shows('#summary', '3 of 3 watchers active');
    await page[Symbol.asyncDispose]();
    await shows('#said', 'The daemon does not answer');
    expect(await browser.evaluate('document.body.classList.contains("stale")')).to.equal(true);
  });

  it('fits a narrow window without scrolling sideways', async () => {
    await using page = await served({}, { 'a-watcher-with-a-very-long-name-that-has-to-break-somewhere': { cmd: 'sleep 86400' } });
    await browser.resize(320, 640);
    await browser.goTo(page.url);
    await shows('#summary', '4 of 4 watchers active');
    const [inner, scroll] = await browser.evaluate<readonly [number, number]>('[window.innerWidth, document.documentElement.scrollWidth]');
    expect([inner, scroll]).to.deep.equal([320, 320]);
  });
});
