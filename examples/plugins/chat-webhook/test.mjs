import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { createHarness, eventually, testPlugin } from 'ringmaster/testing';
import plugin, { textOf } from './index.mjs';

describe('chat_webhook', () => {
  let harness;
  afterEach(() => harness?.stop());
  let server;
  let url;
  let answer = 200;
  const bodies = [];
  before(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      bodies.push(JSON.parse(body));
      response.writeHead(answer).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${server.address().port}/`;
  });
  after(() => server.close());

  it('says who and what, and calls whom it is told to', () => {
    expect(textOf({ watcher: 'web', name: 'stop' }, '')).to.equal('web: stop');
    expect(textOf({ watcher: 'web', name: 'stop' }, '@here')).to.equal('@here web: stop');
  });

  it('tells of the events that are chosen, for each watcher its own', async () => {
    const plugins = { chat_webhook: { url, events: ['start'] } };
    const watchers = {
      web: { cmd: 'web', plugins: { chat_webhook: { mention: '@web' } } },
      quiet: { cmd: 'q', plugins: { chat_webhook: false } },
    };
    harness = createHarness({ config: { watchers, plugins }, plugins: [plugin] });
    await harness.start();
    await eventually(() => bodies.length > 0);
    expect(bodies).to.deep.equal([{ text: '@web web: start' }]);
  });

  it('logs an answer that is an error', async () => {
    answer = 500;
    const plugins = { chat_webhook: { url, events: ['start'] } };
    harness = createHarness({ config: { watchers: { web: { cmd: 'web' } }, plugins }, plugins: [plugin] });
    await harness.start();
    await eventually(() => harness.lines.some(({ message }) => message === 'the chat answered 500'));
  });

  it('is as a plugin should be', async () => {
    expect((await testPlugin(plugin, { options: { url } })).flatMap(({ problems }) => problems)).to.deep.equal([]);
  });
});
