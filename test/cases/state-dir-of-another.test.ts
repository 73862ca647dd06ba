import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions } from '../fixtures/daemon.js';
import { killed } from '../fixtures/durable/lives.js';
import { freePort } from '../fixtures/free-port.js';

/** Workers whose output is read, and a socket that is kept. */
const durable = (state: (directory: string) => string, port: number): DaemonOptions => ({
  bin: 'main',
  file: 'rm.json',
  args: () => ['run'],
  config: ({ directory, marker, ...endpoints }) => {
    const stdout = { type: 'file', filename: join(directory, 'out') };
    return JSON.stringify({
      ...endpoints,
      durable: true,
      state_dir: state(directory),
      sockets: { web: { host: '127.0.0.1', port } },
      watchers: { web: { cmd: `sleep ${marker}`, numprocesses: 2, use_sockets: true, stdout } },
    });
  },
});

describe('a durable daemon whose state directory was removed, and made anew by another daemon', () => {
  it('touches nothing there: neither when it spawns, nor when it is stopped', async () => {
    await using first = await Daemon.start(durable((directory) => join(directory, 'state'), await freePort()));
    const state = join(first.place.directory, 'state');
    rmSync(state, { recursive: true });
    await using second = await Daemon.start(durable(() => state, await freePort()));
    const listed = (): unknown => ['pipes', 'holders'].map((name) => [name, readdirSync(join(state, name)).sort()]);
    const before = listed();
    const { workers } = second;
    // More than one lot of pipes.
    await first.client().call('set', { name: 'web', options: { numprocesses: 40 } }, { waiting: true });
    expect(listed(), first.said).to.deep.equal(before);
    first.kill('SIGTERM');
    expect(await first.ended, first.said).to.deep.equal({ status: 0, signal: null });
    expect(listed(), first.said).to.deep.equal(before);
    await killed(second);
    await using third = second.again();
    await third.ready();
    await eventually(() => third.workers.length === 2, { what: 'the processes of the second' });
    expect([...third.workers].sort(), third.said).to.deep.equal([...workers].sort());
    third.kill('SIGTERM');
    await third.ended;
    expect(readdirSync(state)).to.deep.equal([]);
  });
});
