import { expect } from 'chai';
import { type WatcherStatus, wireFilter } from '../../core/index.js';

const kill = { watcher: 'web', name: 'kill', body: { process_pid: 7, time: 1 } } as const;
const reap = { watcher: 'web', name: 'reap', body: { process_pid: 7, time: 1, exit_code: 0 } } as const;
const filter = (status: WatcherStatus, reloadsInTurn = false) => wireFilter(() => ({ status, reloadsInTurn })).passes;

describe('which events go over the wire', () => {
  it('a death that nobody asked for', () => {
    expect(filter('active')(reap)).to.equal(true);
  });

  it('the end of a process in a stop of its watcher, or of one that is not there any more', () => {
    expect([kill, reap].map(filter('stopping'))).to.deep.equal([true, true]);
    expect([kill, reap].map(wireFilter(() => undefined).passes)).to.deep.equal([true, true]);
  });

  it('of a process that was asked to end while its watcher goes on only that it was asked, once', () => {
    expect([kill, kill, reap, reap].map(filter('active'))).to.deep.equal([true, true, false, true]);
  });

  it('in a sequential reload both', () => {
    expect([kill, reap].map(filter('active', true))).to.deep.equal([true, true]);
  });

  it('of which nothing has to be shown until a process was asked to end, and again once that has ended or its watcher has stopped', () => {
    const wire = wireFilter(() => ({ status: 'active', reloadsInTurn: false }));
    expect(wire.waits).to.equal(false);
    wire.passes(kill);
    expect(wire.waits).to.equal(true);
    wire.passes(reap);
    expect(wire.waits).to.equal(false);
    wire.passes(kill);
    wire.passes({ watcher: 'web', name: 'stop', body: { time: 1 } });
    expect(wire.waits).to.equal(false);
  });
});
