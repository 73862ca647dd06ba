import { expect } from 'chai';
import { parse } from 'yaml';
import { checkConfig, formatProblem } from '../../core/index.js';
import { resolvePlugin } from '../../core/plugin-resolve.js';
import { PLUGIN_EXAMPLES, WITHOUT_EXAMPLE } from './reference/plugin-examples.js';
import { packagedPlugins } from './reference/plugins.js';

describe('examples in the plugins reference', () => {
  it('are there for every plugin that is named in configs', async () => {
    const names = (await packagedPlugins()).map(({ name }) => name);
    expect([...Object.keys(PLUGIN_EXAMPLES), ...WITHOUT_EXAMPLE]).to.have.members(names);
  });

  for (const [name, text] of Object.entries(PLUGIN_EXAMPLES)) {
    it(`has one of ${name} without problems`, async () => {
      const { problems } = await checkConfig({ watchers: {}, ...parse(text) }, { resolvePlugin });
      expect(problems.map(formatProblem)).to.deep.equal([]);
    });
  }
});
