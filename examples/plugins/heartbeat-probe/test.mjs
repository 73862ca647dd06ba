import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createHarness, eventually, testPlugin } from 'ringmaster/testing';
import plugin from './index.mjs';

describe('heartbeat_probe', () => {
  let harness;
  afterEach(() => harness?.stop());
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heartbeat-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has the watcher restarted whose file is too old, and leaves it alone otherwise', async () => {
    const file = join(folder, 'alive');
    const probe = { type: 'heartbeat_file', watcher: 'web', options: { file, max_age: '10s' } };
    const config = {
      watchers: { web: { cmd: 'web' } },
      plugins: { checks: { loop_rate: 1, probes: { web: probe } }, heartbeat_probe: {} },
    };
    harness = createHarness({ config, plugins: [plugin] });
    const written = () => utimes(file, new Date(harness.clock.wall()), new Date(harness.clock.wall()));
    await writeFile(file, '');
    await written();
    await harness.start();
    const [first] = harness.os.alive;
    await harness.clock.advanceAsync(5000);
    expect(harness.os.alive).to.deep.equal([first]);
    await eventually(async () => {
      await harness.clock.advanceAsync(1000);
      return !harness.os.alive.includes(first) && harness.os.alive.length === 1;
    });
  });

  it('is as a plugin should be', async () => {
    expect((await testPlugin(plugin)).flatMap(({ problems }) => problems)).to.deep.equal([]);
  });
});
