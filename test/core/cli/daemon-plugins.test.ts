import { expect } from 'chai';
import { defaultPlugins } from '../../../core/cli/daemon-plugins.js';
import { type Config, checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';

async function namesFor(plugins: object): Promise<readonly string[]> {
  const { config } = await checkConfig({ plugins }, { resolvePlugin });
  return (await defaultPlugins(config as Config, process.cwd())).map(({ name }) => name);
}

describe('plugins that a daemon has without being asked', () => {
  it('are control, logs and backoff', async () => {
    expect(await namesFor({})).to.have.members(['control', 'logs', 'backoff']);
  });

  it('are not there where the config says false', async () => {
    expect(await namesFor({ backoff: false, logs: false })).to.deep.equal(['control']);
  });
});
