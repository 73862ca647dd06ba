import { expect } from 'chai';
import { Daemon, sleepers } from '../fixtures/daemon.js';

describe('the daemon is asked to end at awkward moments', () => {
  it('SIGTERM while the config is still on its way: it does not wait for that', async () => {
    await using daemon = await Daemon.launch({
      file: 'slow.mjs',
      config: () => `process.stdout.write('loading');\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\nexport default {};\n`,
    });
    await daemon.printed('loading');
    daemon.kill('SIGTERM');
    const end = await daemon.gone();
    expect(end, daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('SIGTERM again and again, to its very end: status 0', async () => {
    await using daemon = await Daemon.start(sleepers(50));
    const again = setInterval(() => daemon.child.kill('SIGTERM'), 1);
    const end = await daemon.gone();
    clearInterval(again);
    expect(end, daemon.said).to.deep.equal({ status: 0, signal: null });
  });
});
