import { expect } from 'chai';
import { createHarness, testPlugin } from 'ringmaster/testing';
import plugin from './index.mjs';

const config = {
  watchers: { web: { cmd: 'web', stdout: { type: 'memory' } } },
  plugins: { logs: {}, log_alarm: { limit: 2, window: '10s' } },
};

describe('log_alarm', () => {
  let harness;
  afterEach(() => harness?.stop());
  it('warns of matching lines, and restarts the watcher after too many', async () => {
    harness = createHarness({ config, plugins: [plugin] });
    await harness.start();
    const [first] = harness.os.of('spawn');
    const write = (text) => first.request.fds.get(1).sink.write(Buffer.from(text));
    const warnings = () => harness.lines.filter(({ level, fields }) => level === 'warn' && fields.plugin === 'log_alarm');
    await write('all is well\nERROR: no disk\n');
    expect(warnings().map(({ message }) => message)).to.deep.equal(['ERROR: no disk']);
    await harness.clock.advanceAsync(1000);
    await write('FATAL: gave up\n');
    await harness.clock.advanceAsync(5000);
    expect(harness.os.alive).to.have.length(1);
    expect(harness.os.alive).not.to.include(first.pid);
  });

  it('is as a plugin should be', async () => {
    expect((await testPlugin(plugin)).flatMap(({ problems }) => problems)).to.deep.equal([]);
  });
});
