import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { subscribed } from '../fixtures/control/subscribed.js';
import { Daemon, type Place } from '../fixtures/daemon.js';

const SECRET = 'hunter2-of-the-test';

const config = ({ endpoint, pubsub_endpoint, marker }: Place): string =>
  JSON.stringify({
    endpoint,
    pubsub_endpoint,
    loglevel: 'debug',
    env: { API_TOKEN: SECRET },
    watchers: {
      web: { cmd: `sleep ${marker}`, env: { DB_PASSWORD: SECRET, DATABASE_URL: `postgres://me:${SECRET}@db/x`, PORT: '80' } },
    },
    plugins: { control: {}, http: { port: 0, token: SECRET } },
  });

describe('secrets of a running daemon', () => {
  it('are in no answer, no event and no line of the log, unless they are asked for', async () => {
    await using daemon = await Daemon.start({ file: 'ringmaster.json', bin: 'main', args: () => ['run'], config });
    const client = daemon.client();
    const told: unknown[] = [];
    const heard: string[] = [];
    using events = client.events();
    void (async () => {
      for await (const event of events) {
        told.push(event);
        heard.push(event.name);
      }
    })();
    await subscribed(client, () => heard.length > 0);
    const changed = JSON.parse(config(daemon.place));
    changed.watchers.web.env.DB_PASSWORD = `${SECRET}-2`;
    changed.watchers.other = { cmd: `sleep ${daemon.place.marker}`, env: { KEY: SECRET } };
    told.push(await client.call('options', { name: 'web' }));
    told.push(await client.call('get', { name: 'web', keys: ['env', 'cmd'] }));
    told.push(await client.call('plugins'));
    told.push(await client.call('plan', { config: changed }));
    told.push(await client.call('apply', { config: changed }, { waiting: true }));
    told.push(await client.call('set', { name: 'web', options: { 'env.DB_PASSWORD': 7 } }).catch((error: unknown) => error));
    await eventually(() => heard.includes('add') && heard.includes('spawn'));
    expect(JSON.stringify(told)).to.include('***').and.not.include(SECRET);
    await daemon.printed('add');
    expect(daemon.stdout + daemon.stderr).not.to.include(SECRET);

    const args = ['options', 'web', '--endpoint', daemon.place.endpoint];
    expect((await runBin('main', args)).stdout)
      .to.include('DB_PASSWORD=***')
      .and.include('PORT=80')
      .and.not.include(SECRET);
    expect((await runBin('main', [...args, '--show-secrets'])).stdout).to.include(`DB_PASSWORD=${SECRET}-2`);
  });

  it('are not in what is said of a mistake in a config', async () => {
    await using daemon = await Daemon.launch({
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: () => '{"watchers": {"web": {"cmd": "true", "env": {"DB_PASSWORD": 20001}}}}',
    });
    expect((await daemon.ended).status).to.equal(78);
    expect(daemon.stderr).to.include('watchers.web.env.DB_PASSWORD').and.include('***').and.not.include('20001');
  });
});
