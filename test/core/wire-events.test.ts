import { expect } from 'chai';
import { wireFilter } from '../../core/index.js';

const kill = { watcher: 'web', name: 'kill', body: { process_pid: 7, time: 1 } } as const;
const reap = { watcher: 'web', name: 'reap', body: { process_pid: 7, time: 1, exit_code: 0 } } as const;

describe('which events go over the wire', () => {
  it('a death that nobody asked for', () => {
    expect(wireFilter(() => true)(reap)).to.equal(true);
  });

  it('the end of a process in a stop of its watcher', () => {
    const isForWire = wireFilter(() => false);
    expect([kill, reap].map(isForWire)).to.deep.equal([true, true]);
  });

  it('of a process that was asked to end while its watcher goes on only that it was asked, once', () => {
    const isForWire = wireFilter(() => true);
    expect([kill, kill, reap, reap].map(isForWire)).to.deep.equal([true, true, false, true]);
  });
});
