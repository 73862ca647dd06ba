import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, type Place } from '../fixtures/daemon.js';
import { killed } from '../fixtures/durable/lives.js';

const FILE = 'ringmaster.yaml';
const text = ({ directory, endpoint, pubsub_endpoint, marker }: Place, state_dir: string, durable = true): string =>
  JSON.stringify({
    endpoint,
    pubsub_endpoint,
    durable,
    state_dir: join(directory, state_dir),
    watchers: { web: { cmd: `sleep ${marker}`, numprocesses: 2 } },
  });
const daemonOf = (durable = true): DaemonOptions => ({
  file: FILE,
  bin: 'main',
  args: () => ['run'],
  config: (place) => text(place, 'here', durable),
});
const edit = ({ place }: Daemon, durable = true): void => writeFileSync(join(place.directory, FILE), text(place, 'there', durable));
const journalIn = ({ place }: Daemon, state_dir: string): boolean => existsSync(join(place.directory, state_dir, 'journal'));
const twoOf = (daemon: Daemon): Promise<unknown> => eventually(() => daemon.workers.length === 2);
const sorted = ({ workers }: Daemon): readonly number[] => [...workers].sort((a, b) => a - b);

(process.platform === 'linux' ? describe : describe.skip)('a durable daemon whose state_dir was changed in the config', function () {
  this.timeout(90_000);

  it('and that then died is followed by one that takes over where it was, says so, and uses the other after a stop', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    const workers = sorted(first);
    edit(first);
    await killed(first);
    await using second = first.again();
    await second.ready();
    expect(sorted(second), second.said).to.deep.equal(workers);
    expect(second.stdout).to.match(
      /state_dir: what the daemon before has left is in \S+\/here, which is used on; \S+\/there is used after the next stop/,
    );
    await killed(second);
    await using third = second.again();
    await third.ready();
    expect(sorted(third), third.said).to.deep.equal(workers);
    third.kill('SIGTERM');
    await third.gone();
    expect(journalIn(third, 'here')).to.equal(false);
    await using fourth = third.again();
    await fourth.ready();
    expect([journalIn(fourth, 'here'), journalIn(fourth, 'there')]).to.deep.equal([false, true]);
    expect(fourth.stdout).to.not.include('state_dir');
    fourth.kill('SIGTERM');
    await fourth.gone();
  });

  for (const durable of [true, false]) {
    it(`is upgraded once, to one that finds ${durable ? 'its processes' : 'word of it, where nothing is durable'}`, async () => {
      await using daemon = await Daemon.start(daemonOf(durable));
      await twoOf(daemon);
      const workers = sorted(daemon);
      edit(daemon, durable);
      const upgraded = await daemon.client(30_000).call('upgrade', { restart_others: true });
      expect(upgraded).to.deep.include({ kept: durable ? 2 : 0, restarted: durable ? [] : ['web'] });
      await twoOf(daemon);
      if (durable) expect(sorted(daemon), daemon.said).to.deep.equal(workers);
      expect(daemon.stdout.match(/"upgrading from/g)).to.have.lengthOf(1);
      daemon.kill('SIGTERM');
      expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
      expect(daemon.left).to.deep.equal([]);
    });
  }

  it('has its processes taken over where its journal is gone, too, though nothing is to be durable by now', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    const workers = sorted(first);
    edit(first, false);
    await killed(first);
    rmSync(join(first.place.directory, 'here', 'journal'));
    await using second = first.again();
    await second.ready();
    expect(sorted(second), second.said).to.deep.equal(workers);
    expect(second.stdout).to.not.include('is gone: processes');
    second.kill('SIGTERM');
    await second.gone();
    expect(readdirSync(join(second.place.directory, 'here'))).to.deep.equal([]);
  });

  it('tells of it where what it had noted down is gone', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    const alone = first.workers;
    await killed(first);
    rmSync(join(first.place.directory, 'here'), { recursive: true });
    await using second = first.again();
    await second.ready();
    expect(second.stdout).to.match(/did not end in order, and what it had noted down in \S+\/here is gone: processes/);
    expect(second.workers).to.have.lengthOf(4);
    for (const pid of alone) process.kill(pid, 'SIGKILL');
    second.kill('SIGTERM');
    await second.gone();
    await using third = second.again();
    await third.ready();
    expect(third.stdout).to.not.include('did not end in order');
    third.kill('SIGTERM');
    await third.gone();
  });
});
