import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Daemon, type Place } from '../fixtures/daemon.js';

const pidfile = ({ directory }: Place): string => join(directory, 'rm.pid');
const state = ({ directory }: Place): string => join(directory, 'state');

(process.platform === 'linux' ? describe : describe.skip)('quit --waiting', () => {
  for (const parent of [[], ['--respawn']]) {
    it(`is answered when pidfile and journal are gone${parent.length > 0 ? ', with a parent' : ''}; nothing is left in the state directory`, async () => {
      await using daemon = await Daemon.start({
        file: 'ringmaster.json',
        bin: 'main',
        args: (place) => ['run', ...parent, '--pidfile', pidfile(place)],
        config: (place) =>
          JSON.stringify({
            endpoint: place.endpoint,
            pubsub_endpoint: place.pubsub_endpoint,
            durable: true,
            state_dir: state(place),
            sockets: { web: { host: '127.0.0.1', port: 0 } },
            watchers: {
              web: {
                cmd: `sh -c "echo hello; exec sleep ${place.marker}"`,
                numprocesses: 3,
                stdout: { type: 'file', filename: join(place.directory, 'web.log') },
              },
            },
          }),
      });
      const { place } = daemon;
      expect([existsSync(pidfile(place)), existsSync(join(state(place), 'journal'))]).to.deep.equal([true, true]);
      expect(readdirSync(join(state(place), 'holders')).some((name) => name.startsWith('sockets'))).to.equal(true);
      const client = daemon.client();
      const [{ port = 0 } = {}] = ((await client.call('listsockets')).sockets ?? []) as readonly { readonly port?: number }[];
      expect(await client.call('quit', {}, { waiting: true })).to.include({ status: 'ok' });
      expect([existsSync(pidfile(place)), existsSync(join(state(place), 'journal'))]).to.deep.equal([false, false]);
      expect(daemon.workers).to.deep.equal([]);
      expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
      expect(readdirSync(state(place))).to.deep.equal([]);
      const again = createServer();
      await new Promise<void>((resolve, reject) => again.once('error', reject).listen(port, '127.0.0.1', resolve));
      again.close();
    });
  }
});
