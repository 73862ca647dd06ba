import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openHost } from '../../fixtures/control/host.js';

/** Debian's own interpreter has pyzmq from a package. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

describe('control: a client in Python', () => {
  it('is answered, has no reply lost in a burst, and gets events', async () => {
    await using host = await openHost({ endpoint: 'tcp://127.0.0.1:*', pubsub_endpoint: 'tcp://127.0.0.1:*' });
    host.supervisor.watch('web');
    const events = setInterval(() => host.emit({ watcher: 'web', name: 'start', body: { time: 3.5 } }), 10);
    try {
      const script = resolve('test/fixtures/control/python-client.py');
      const { stdout } = await promisify(execFile)(python, [script, host.endpoint, host.pubsub_endpoint]);
      const found = JSON.parse(stdout);
      expect(found.list).to.include({ id: '1', status: 'ok' }).and.have.property('watchers').deep.equal(['web']);
      expect(found.stop).to.include({ id: 2, status: 'ok', info: null });
      expect(found.unknown).to.include({ id: null, status: 'error', errno: 2, reason: "unknown command: 'nope'" });
      expect(found.burst).to.equal(true);
      expect(found.event).to.deep.equal(['watcher.web.start', { time: 3.5 }]);
    } finally {
      clearInterval(events);
    }
  });
});
