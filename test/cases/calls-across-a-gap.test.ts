import { expect } from 'chai';
import { isRingmasterError } from '../../core/index.js';
import { Client } from '../../plugins/control/client.js';
import { Daemon, iniHead, sleepers } from '../fixtures/daemon.js';

const READS = ['list', 'numwatchers', 'status', 'options'] as const;

describe('calls across a gap', () => {
  it('a daemon is killed with 100 calls in flight and started again: reads are answered, changes are told to be lost', async () => {
    await using first = await Daemon.start(sleepers(1));
    using patient = new Client({ endpoint: first.place.endpoint, timeout_ms: 30_000, reconnect_ms: 30_000 });
    await patient.call('list');
    // Stopped, it takes nothing more: all are in flight when it dies.
    first.kill('SIGSTOP');
    const reads = Array.from({ length: 50 }, (_, index) => {
      const command = READS[index % READS.length] ?? 'list';
      return patient.call(command, command === 'options' ? { name: 'web' } : {});
    });
    const changes = Array.from({ length: 50 }, () => patient.call('incr', { name: 'web' }).catch((error: unknown) => error));
    first.kill('SIGKILL');
    const lost = await Promise.all(changes);
    expect(lost.every((error) => isRingmasterError(error, 'RM_CLIENT_LOST') && error.context.sent === true)).to.equal(true);

    const early = patient.call('incr', { name: 'web' }, { waiting: true });
    await using second = await Daemon.launch({
      config: ({ marker }) => `${iniHead(first.place)}[watcher:web]\ncmd = sleep ${marker}\nnumprocesses = 1\n`,
    });
    const replies = await Promise.all(reads);
    for (const [index, reply] of replies.entries()) {
      const command = READS[index % READS.length];
      const own = { list: 'watchers', numwatchers: 'numwatchers', status: 'statuses', options: 'options' }[command ?? 'list'];
      expect(reply, second.said).to.have.property(own);
    }
    // None of the fifty lost ones came after all; the one that was never sent did.
    expect(await early).to.include({ numprocesses: 2 });
    expect((await patient.call('numprocesses', { name: 'web' })).numprocesses).to.equal(2);
  });
});
