import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createHarness, eventually, testPlugin } from 'ringmaster/testing';
import plugin, { backlogOf, wanted } from './index.mjs';

const table = (waiting, port = 40_000) =>
  [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    `   0: 0100007F:${port.toString(16).toUpperCase()} 00000000:0000 0A 00000000:${waiting.toString(16).padStart(8, '0')} 00:00000000 0 0 0 1`,
    '   1: 0100007F:0016 0100007F:9C40 01 00000000:000000FF 00:00000000 0 0 0 2',
  ].join('\n');

describe('backlog_scaler', () => {
  let harness;
  afterEach(() => harness?.stop());
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backlog-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('reads how many connections wait at a port', () => {
    expect(backlogOf(table(17), 40_000)).to.equal(17);
    expect(backlogOf(table(17), 1)).to.equal(null);
  });

  it('wants one more above the limit, one fewer with nobody waiting, and keeps its bounds', () => {
    const bounds = { above: 5, min: 1, max: 3 };
    expect([wanted(1, 6, bounds), wanted(3, 9, bounds), wanted(2, 3, bounds), wanted(2, 0, bounds), wanted(1, 0, bounds)]).to.deep.equal([
      2, 3, 2, 1, 1,
    ]);
  });

  it('has more processes while connections wait', async () => {
    const file = join(folder, 'tcp');
    const config = {
      watchers: { web: { cmd: '/bin/sh', use_sockets: true } },
      sockets: { web: { port: 40_000 } },
      plugins: { backlog_scaler: { watcher: 'web', socket: 'web', table: file, max: 3 } },
    };
    harness = createHarness({ config, plugins: [plugin] });
    const count = () => harness.supervisor.find('web').numprocesses;
    const reach = (wantedCount) =>
      eventually(async () => {
        await harness.clock.advanceAsync(1000);
        return count() === wantedCount;
      });
    await writeFile(file, table(20, 40_000));
    await harness.start();
    await reach(3);
    await writeFile(file, table(0, 40_000));
    await reach(1);
  });

  it('is as a plugin should be', async () => {
    expect((await testPlugin(plugin)).flatMap(({ problems }) => problems)).to.deep.equal([]);
  });
});
