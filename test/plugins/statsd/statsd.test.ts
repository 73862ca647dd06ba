import { expect } from 'chai';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually } from '../../../core/testing.js';
import { counterOf } from '../../../plugins/statsd/policy.js';
import { Rig } from '../../fixtures/rig.js';
import { listenOnUdp } from '../../fixtures/udp.js';

describe('statsd', () => {
  it('names counters as the topics of the event endpoint', () => {
    expect(counterOf({ watcher: 'My Web', name: 'spawn' })).to.equal('my_web.spawn');
  });

  it('counts each event that Circus tells of', async () => {
    await using server = await listenOnUdp();
    await using rig = new Rig({
      plugins: { statsd: { host: '127.0.0.1', port: server.port, application_name: 'shop', tags: 'env:test' } },
      watchers: { 'My Web': { cmd: 'web', numprocesses: 2 } },
    });
    await rig.until(rig.supervisor.start());
    const counted = (): readonly string[] =>
      server.messages.map((text) => text.replace(/^circus\.shop\.watcher\.my_web\.|:1\|c\|#env:test$/g, ''));
    await eventually(() => expect(counted()).to.deep.equal(['spawn', 'spawn', 'start']));
    await rig.until(rig.watcher('My Web').decr());
    // That a process asked to end has ended is told of in a stop only, as in Circus.
    await eventually(() => expect(counted().slice(3)).to.deep.equal(['kill']));
    await rig.until(rig.watcher('My Web').restart());
    await eventually(() => expect(counted().slice(4)).to.deep.equal(['kill', 'reap', 'stop', 'spawn', 'start']));
  });

  it('counts each watcher as it says itself, or not at all, until it is gone', async () => {
    await using server = await listenOnUdp();
    await using rig = new Rig({
      plugins: { statsd: { host: '127.0.0.1', port: server.port } },
      watchers: {
        quiet: { cmd: 'quiet', plugins: { statsd: false } },
        own: { cmd: 'own', plugins: { statsd: { application_name: 'mine', tags: 'team:own' } } },
      },
    });
    await rig.until(rig.supervisor.start());
    await rig.until(rig.supervisor.remove('quiet'));
    await rig.until(rig.supervisor.remove('own'));
    const told = ['spawn', 'start', 'remove', 'kill', 'reap', 'stop'];
    await eventually(() => expect(server.messages).to.deep.equal(told.map((name) => `circus.mine.watcher.own.${name}:1|c|#team:own`)));
  });

  it('goes on without anybody who listens', async () => {
    const server = await listenOnUdp();
    await server[Symbol.asyncDispose]();
    await using rig = new Rig({ plugins: { statsd: { host: '127.0.0.1', port: server.port } }, watchers: { web: { cmd: 'web' } } });
    await rig.until(rig.supervisor.start());
    await rig.until(rig.watcher().restart());
    expect(rig.watcher().status).to.equal('active');
  });

  it('names a wrong option, what was found and what is allowed', async () => {
    const { problems } = await checkConfig({ plugins: { statsd: { sample_rate: 0, prt: 1, tags: 'a|b' } } }, { resolvePlugin });
    expect(problems.map(({ path, did_you_mean, found }) => [path, did_you_mean ?? found])).to.have.deep.members([
      ['plugins.statsd.sample_rate', '0'],
      ['plugins.statsd.prt', 'port'],
      ['plugins.statsd.tags', '"a|b"'],
    ]);
  });
});
