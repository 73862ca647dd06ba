import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type Place, randomFrom } from '../fixtures/daemon.js';
import { again, killed } from '../fixtures/durable/lives.js';
import { outputTrial } from '../fixtures/durable/output-trial.js';
import { numbered } from '../fixtures/numbered.js';

/** Fails, as the first who is asked after a crash, as often as there is a file to take away. */
const MOODY = `import { existsSync, rmSync } from 'node:fs';
const schema = { type: 'object', additionalProperties: false, properties: {} };
export default { name: 'moody', summary: 'Fails.', schema, hooks: ['spawn_options'], setup({ hooks }) {
  hooks.spawn_options.tap(() => {
    if (!existsSync('MOOD')) return;
    rmSync('MOOD');
    throw new Error('not now');
  });
} };`;
const WRITER = '$| = 1; for (my $i = 0; ; $i++) { print "$$ $i x\\n"; select undef, undef, undef, 0.01 }';

function config({ directory, endpoint, pubsub_endpoint, marker }: Place): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'writer.pl'), WRITER);
  writeFileSync(join(directory, 'moody.mjs'), MOODY.replaceAll('MOOD', join(directory, 'mood')));
  writeFileSync(join(directory, 'env'), 'A=1');
  const env_file = join(directory, 'env');
  const web = {
    cmd: `perl ${directory}/writer.pl ${marker}`,
    graceful_timeout: 5,
    env_file,
    stdout: { type: 'file', filename: `${directory}/log` },
  };
  const plugins = { './moody.mjs': {} };
  return JSON.stringify({ durable: true, state_dir: `${directory}/state`, endpoint, pubsub_endpoint, plugins, watchers: { web } });
}

describe('output of a durable daemon', function () {
  this.timeout(120_000);

  it('is in its rotated files line by line, none lost and none doubled, though the daemon is killed again and again', async () => {
    const { written, lines, pids, faults, said } = await outputTrial({ workers: 6, kills: 3, pause_s: 0.003, random: randomFrom(11) });
    expect({ lines, pids, faults }, said).to.deep.equal({ lines: written, pids: 6, faults: [] });
    expect(written).to.be.greaterThan(100);
  });

  it('waits where a plugin can’t say at once where it goes, and nothing of it is lost', async () => {
    await using first = await Daemon.start({ bin: 'main', file: 'rm.json', args: () => ['run'], config });
    const log = join(first.place.directory, 'log');
    await eventually(() => numbered([log], 'x').lines > 10);
    await killed(first);
    writeFileSync(join(first.place.directory, 'mood'), '');
    const before = numbered([log], 'x').lines;
    await using second = await again(first);
    await eventually(() => numbered([log], 'x').lines > before + 200);
    expect(numbered([log], 'x')).to.deep.include({ pids: 1, faults: [] });
    expect(second.stdout).to.match(/output of process \d+ waits 1 s: .*moody/);
  });

  it('goes on at once where the file that variables of the process came from is gone', async () => {
    await using first = await Daemon.start({ bin: 'main', file: 'rm.json', args: () => ['run'], config });
    const log = join(first.place.directory, 'log');
    await eventually(() => numbered([log], 'x').lines > 10);
    await killed(first);
    rmSync(join(first.place.directory, 'env'));
    const before = numbered([log], 'x').lines;
    await using second = await again(first);
    await eventually(() => numbered([log], 'x').lines > before + 20);
    expect(numbered([log], 'x')).to.deep.include({ pids: 1, faults: [] });
    expect(second.stdout).to.not.match(/output of process \d+ (?:waits|is dropped)/);
  });
});
