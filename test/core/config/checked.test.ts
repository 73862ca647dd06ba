import { expect } from 'chai';
import { markChecked } from '../../../core/config/checked.js';
import type { Config } from '../../../core/config/schema/daemon.js';
import { checkConfig } from '../../../core/config/validate.js';
import { definePlugin } from '../../../core/plugin.js';

const plain = definePlugin({
  name: 'plain',
  summary: 'Has no options for one watcher.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  setup: () => {},
});

async function checked(value: object): Promise<Config> {
  const { config, problems } = await checkConfig(value);
  if (config === null) throw new Error(JSON.stringify(problems));
  markChecked(config);
  return config;
}

const problemsOf = async (value: object): Promise<readonly string[]> =>
  (await checkConfig(value)).problems.map(({ path, message }) => `${path} ${message}`);

describe('a config that is checked again', () => {
  it('comes to the same, with the watchers that were checked as they are', async () => {
    const first = await checked({
      sockets: { web: {} },
      env: { A: '1' },
      watchers: {
        web: { cmd: 'web --fd $(circus.sockets.web)', use_sockets: true, env: { B: '$' } },
        tick: { cmd: 'tick', max_age: '5m', stdout: { type: 'file', filename: 'x.log' } },
      },
    });
    const again = await checked(first);
    expect(again).to.deep.equal(first);
    expect(again.watchers.web).to.equal(first.watchers.web);
    const copy: unknown = JSON.parse(JSON.stringify(first));
    expect((await checkConfig(copy)).config?.watchers.tick).to.deep.equal(first.watchers.tick);
  });

  it('has others between them checked, in their places', async () => {
    const { watchers } = await checked({ watchers: { a: { cmd: 'a' }, c: { cmd: 'c' } } });
    const { watchers: all } = await checked({ watchers: { a: watchers.a, b: { cmd: 'b' }, c: watchers.c } });
    expect(Object.keys(all)).to.deep.equal(['a', 'b', 'c']);
    expect(all.b).to.include({ cmd: 'b', numprocesses: 1 });
    expect(await problemsOf({ watchers: { a: watchers.a, b: { cmd: 'b', numprocesses: -1 } } })).to.deep.equal([
      'watchers.b.numprocesses must be an integer, at least 0, at most 100000, got -1',
    ]);
  });

  it('says what was right before and is wrong beside others: sockets that are gone, names that collide, destinations', async () => {
    const streams = [{ name: 'cloud', summary: 'Far away.', schema: { type: 'object', properties: {} } as const }];
    const cloud = definePlugin({ ...plain, name: 'cloud', streams });
    const resolvePlugin = async () => cloud;
    const { config } = await checkConfig(
      {
        plugins: { cloud: {} },
        sockets: { web: {} },
        watchers: { web: { cmd: 'x $(circus.sockets.web)' }, far: { cmd: 'y', stdout: { type: 'cloud' } } },
      },
      { resolvePlugin },
    );
    if (config === null) throw new Error('is wrong');
    markChecked(config);
    const { web, far } = config.watchers;
    expect(await problemsOf({ watchers: { web } })).to.deep.equal(['watchers.web.cmd names a socket that there is none of: web']);
    expect(await problemsOf({ watchers: { far, FAR: { cmd: 'z' } } })).to.include(
      'watchers.FAR has the same name as far: names are looked up without regard to case',
    );
    expect((await problemsOf({ watchers: { far } })).join()).to.match(/^watchers\.far\.stdout\.type must be one of/);
  });

  it('gives each watcher what all get, without a change of what was checked', async () => {
    const { watchers } = await checked({ watchers: { web: { cmd: 'web', env: { A: 'own' } } } });
    const { config } = await checkConfig({ watchers, env: { A: 'all', B: 'all' } });
    expect(config?.watchers.web?.env).to.deep.equal({ A: 'own', B: 'all' });
    expect(watchers.web?.env).to.deep.equal({ A: 'own' });
  });

  it('looks again at a watcher with options of its own for plugins, which others may take otherwise', async () => {
    const { watchers } = await checked({ watchers: { web: { cmd: 'web', plugins: { plain: { a: 1 } } } } });
    const { problems } = await checkConfig({ watchers, plugins: { plain: {} } }, { resolvePlugin: async () => plain });
    expect(problems.map(({ path }) => path)).to.deep.equal(['watchers.web.plugins.plain']);
  });
});
