import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { subscribed } from '../fixtures/control/subscribed.js';
import { Daemon, iniHead } from '../fixtures/daemon.js';

const MODULE = `
export const yes = () => true;
export const no = () => false;
export const broken = () => { throw new Error('it is broken'); };
`;

describe('hooks of a circus.ini', () => {
  it('are functions of a module beside it, whose results are told, and which set replaces', async () => {
    await using daemon = await Daemon.start({
      config: (place) => {
        writeFileSync(join(place.directory, 'checks.mjs'), MODULE);
        return (
          `${iniHead(place)}[watcher:web]\ncmd = sleep ${place.marker}\n` +
          'hooks.before_start = ./checks.mjs#yes\nhooks.before_spawn = ./checks.mjs#broken, true\n' +
          '[plugin:deadline]\nuse = config_hooks\ndeadline = 5s\n'
        );
      },
    });
    expect(daemon.workers).to.have.length(1);
    const client = daemon.client();
    const told: string[] = [];
    using stream = client.events(['watcher.web.'], { pubsub_endpoint: daemon.place.pubsub_endpoint });
    void (async () => {
      for await (const { name, body } of stream)
        told.push(name.startsWith('hook') ? `${name} ${body.name} ${body.error ?? ''}`.trim() : name);
    })();

    await subscribed(client, () => told.length > 0);
    await client.call('restart', { name: 'web', waiting: true });
    await eventually(() =>
      expect(told).to.include.members(['start', 'hook_success before_start', 'hook_failure before_spawn it is broken']),
    );

    await client.call('set', { name: 'web', options: { 'hooks.before_start': './checks.mjs#no' }, waiting: true });
    const { status, instead } = await client.call('restart', { name: 'web', waiting: true });
    expect([status, instead]).to.deep.equal(['ok', './checks.mjs#no refused']);
    expect(daemon.workers).to.deep.equal([]);
  });
});
