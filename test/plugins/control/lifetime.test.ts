import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import { Client } from '../../../plugins/control/client.js';
import { openHost } from '../../fixtures/control/host.js';

const fds = (): number => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length;

describe('control: lifetime', () => {
  it('a process ends by itself once its client is closed', async () => {
    await using host = await openHost();
    host.supervisor.watch('web').gate = new Promise(() => {});
    const script = new URL('../../fixtures/control/one-call.js', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, host.endpoint], { timeout: 30_000 });
    expect(stdout).to.equal("[ 'web' ] RM_CLIENT_REFUSED\nRM_CLIENT_CLOSED\n");
  });

  it('opened and closed 200 times, endpoints and clients leave nothing behind', async () => {
    const round = async (): Promise<void> => {
      await using host = await openHost({ endpoint: 'tcp://127.0.0.1:*' });
      using client = new Client({ endpoint: host.endpoint });
      const events = client.events();
      await events.opened;
      await client.call('list');
    };
    const handles = (): number => process.getActiveResourcesInfo().length;
    for (let count = 0; count < 5; count++) await round();
    await new Promise(setImmediate);
    const before = { fds: fds(), handles: handles() };
    for (let count = 0; count < 200; count++) await round();
    await eventually(() => fds() <= before.fds + 5, { what: 'no more file descriptors than before' });
    await eventually(() => handles() <= before.handles + 2, { what: 'no more handles than before' });
  });
});
