import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type Place } from '../fixtures/daemon.js';
import { again, killed } from '../fixtures/durable/lives.js';
import { numbered } from '../fixtures/numbered.js';

const PAIR = '$| = 1; fork; for (my $i = 0; ; $i++) { print "$$ $i x\\n"; select undef, undef, undef, 0.02 }';

function config({ directory, endpoint, pubsub_endpoint, marker }: Place): string {
  const watcher = (name: string): object => ({
    cmd: 'perl',
    args: ['-e', PAIR, marker, name],
    stdout: { type: 'file', filename: join(directory, name) },
  });
  const watchers = { kept: watcher('kept'), released: watcher('released') };
  return JSON.stringify({ durable: true, state_dir: join(directory, 'state'), endpoint, pubsub_endpoint, watchers });
}

(process.platform === 'linux' ? describe : describe.skip)('what a durable daemon has released', () => {
  it('is nobody’s after a crash either, with all that it has started, and can write on', async () => {
    const first = await Daemon.start({ bin: 'main', file: 'rm.json', args: () => ['run'], config });
    await using _place = first;
    const log = join(first.place.directory, 'released');
    const lines = (): number => numbered([log], 'x').lines;
    await eventually(() => lines() > 10 && first.workers.length === 4);
    const { pids: [leader = 0] = [] } = await first.client().call('list', { name: 'released' });
    const others = first.workers.filter((pid) => pid !== leader).sort();
    await first.client().call('rm', { name: 'released', nostop: true });
    let daemon = first;
    for (let life = 0; life < 2; life++) {
      await killed(daemon);
      if (life === 0) process.kill(leader, 'SIGKILL');
      const before = lines();
      daemon = await again(daemon);
      await eventually(() => lines() > before + 100, { what: 'more output' });
      expect([...daemon.workers].sort(), daemon.said).to.deep.equal(others);
      const { watchers } = await daemon.client().call('list', {});
      expect(watchers).to.deep.equal(['kept']);
    }
    expect(numbered([log], 'x')).to.deep.include({ pids: 2, faults: [] });
    daemon.kill('SIGTERM');
    expect(await daemon.ended).to.deep.equal({ status: 0, signal: null });
  });

  it('writes on after a crash to where it wrote, though no config has its watcher', async () => {
    const first = await Daemon.start({ bin: 'main', file: 'rm.json', args: () => ['run'], config });
    await using _place = first;
    const { directory, marker } = first.place;
    const log = join(directory, 'added');
    const lines = (): number => numbered([log], 'x').lines;
    const options = { stdout: { type: 'file', filename: log } };
    await first.client().call('add', { name: 'added', cmd: 'perl', args: ['-e', PAIR, marker], options, start: true });
    await eventually(() => lines() > 10);
    await first.client().call('rm', { name: 'added', nostop: true });
    let daemon = first;
    for (let life = 0; life < 2; life++) {
      await killed(daemon);
      const before = lines();
      daemon = await again(daemon);
      await eventually(() => lines() > before + 100, { what: 'more output' });
    }
    expect(numbered([log], 'x')).to.deep.include({ pids: 2, faults: [] });
    daemon.kill('SIGTERM');
    expect(await daemon.ended).to.deep.equal({ status: 0, signal: null });
  });
});
