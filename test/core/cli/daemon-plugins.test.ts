import { expect } from 'chai';
import { DEFAULT_PLUGINS, defaultPlugins } from '../../../core/cli/daemon-plugins.js';
import { type Config, checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { loadText } from '../config/helpers.js';

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

  const own = (name: string, text: string) => loadText(name, text, { resolvePlugin, standing: DEFAULT_PLUGINS });

  it('take options of a watcher’s own all the same', async () => {
    const yaml = await own(
      'a.yaml',
      'watchers:\n  a: {cmd: ls, plugins: {backoff: {initial: 2s}}}\n  b: {cmd: ls, plugins: {backoff: false}}\n',
    );
    expect(yaml.problems).to.deep.equal([]);
    expect(yaml.config?.watchers.a?.plugins).to.deep.equal({ backoff: { initial: 2 } });
    const ini = await own('circus.ini', '[watcher:a]\ncmd = ls\nbackoff.initial = 2\n');
    expect(ini.problems).to.deep.equal([]);
    expect(ini.config?.watchers.a?.plugins).to.deep.equal({ backoff: { initial: 2 } });
  });

  it('check those', async () => {
    const { problems } = await own('a.yaml', 'watchers:\n  a: {cmd: ls, plugins: {backoff: {inital: 2s}}}\n');
    expect(problems.map(({ path, did_you_mean }) => [path, did_you_mean])).to.deep.equal([
      ['watchers.a.plugins.backoff.inital', 'initial'],
    ]);
  });
});
