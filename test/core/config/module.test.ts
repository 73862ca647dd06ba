import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readModuleSource } from '../../../core/config/formats/module.js';
import { formatProblem, loadConfig } from '../../../core/config/index.js';
import { Findings } from '../../../core/config/problem.js';
import { withFiles } from './helpers.js';

describe('a config that is a module', () => {
  it('is read again with what it requires, where it is CommonJS', async () => {
    const config = 'module.exports = { watchers: { a: { cmd: require("./part.cjs") } } };';
    for (const name of ['c.cjs', 'c.js']) {
      await withFiles({ [name]: config, 'part.cjs': 'module.exports = "one"' }, async (folder) => {
        const read = async () => (await loadConfig(join(folder, name))).config?.watchers;
        const first = await read();
        await writeFile(join(folder, 'part.cjs'), 'module.exports = "two"');
        const second = await read();
        await writeFile(join(folder, name), config.replace('a:', 'b:'));
        const third = await read();
        expect([first?.a?.cmd, second?.a?.cmd, third?.b?.cmd]).to.deep.equal(['one', 'two', 'two']);
      });
    }
  });

  it('has an error where its promise stays open, and the reader does not wait for ever', async () => {
    for (const text of ['export default () => new Promise(() => {})', 'await new Promise(() => {})']) {
      await withFiles({ 'c.mjs': text }, async (folder) => {
        const file = join(folder, 'c.mjs');
        const findings = new Findings(file);
        await readModuleSource(file, findings, 20);
        expect(findings.problems.map(({ message }) => message)).to.deep.equal(['has not come to its config within 0.02 s']);
      });
    }
  });

  it('that fails says in which line, or how to find out', async () => {
    const files: [string, string, RegExp][] = [
      [
        'throws.mjs',
        'export default () => {\n  return nothing.at.all;\n};',
        /throws\.mjs:2:3: error: failed while it was loaded: nothing is not/,
      ],
      ['throws.cjs', '\nthrow new Error("no");', /throws\.cjs:2:7: error: failed while it was loaded: no$/],
      ['text.mjs', 'throw "no";', /text\.mjs: error: failed while it was loaded: no$/],
      ['syntax.cjs', 'module.exports = {\n  a: ;\n};', /syntax\.cjs:2: error: failed while it was loaded: Unexpected token ';'/],
      [
        'syntax.mjs',
        'export default {\n  a: ;\n};',
        /syntax\.mjs: error: .*Unexpected token ';'; `node --check .*syntax\.mjs` shows where$/,
      ],
    ];
    for (const [name, text, said] of files) {
      await withFiles({ [name]: text }, async (folder) => {
        const { problems } = await loadConfig(join(folder, name));
        expect(problems.map(formatProblem).join('\n')).to.match(said);
      });
    }
  });
});
