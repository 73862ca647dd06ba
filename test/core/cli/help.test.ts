import { expect } from 'chai';
import type { VerbOption } from '../../../core/cli/verb.js';
import { allVerbs, otherPrograms } from '../../../core/cli/verbs.js';
import { commandTable } from '../../../plugins/control/commands/index.js';

/** Options that mean nothing where they are not given. */
const WITHOUT_DEFAULT: readonly string[] = ['ssh', 'plugin', 'logger-config', 'since'];

/** Every option of every program and verb, with whose it is. */
async function options(): Promise<readonly (readonly [string, VerbOption])[]> {
  const owners = [...(await allVerbs()), ...(await otherPrograms())];
  return owners.flatMap((owner) => (owner.options ?? []).map((option) => [`${owner.name} --${option.name}`, option] as const));
}

describe('help', () => {
  it('says of verbs what to do, in the imperative, with a capital letter and no full stop', async () => {
    const summaries = [...(await allVerbs()), ...commandTable.values()].map(({ summary }) => summary);
    expect(summaries).to.have.length.above(40);
    expect(summaries.filter((summary) => !/^(?!\w+s\b|What\b|How\b)[A-Z][a-z]+ .*[^.]$/.test(summary))).to.deep.equal([]);
  });

  it('describes them in sentences, which begin with a verb in the third person', async () => {
    const verbs = [...(await allVerbs()), ...commandTable.values()].map(({ name, description }) => [name, description] as const);
    const wrong = verbs.filter(([, description]) => !/^[A-Z]\w+s\b.*\.$/s.test(description));
    expect(wrong.map(([name, description]) => `${name}: ${description.slice(0, 40)}`)).to.deep.equal([]);
  });

  it('says of options what they are, with a small letter and no full stop', async () => {
    const all = await options();
    expect(all).to.have.length.above(100);
    const wrong = all.filter(([, { summary }]) => !/^(?:[a-z]|JavaScript).*[^.]$/.test(summary));
    expect(wrong.map(([name, { summary }]) => `${name}: ${summary}`)).to.deep.equal([]);
  });

  it('says of each option that takes a value what holds without it', async () => {
    const wrong = (await options()).filter(([, { name, value, summary }]) => {
      return value !== undefined && !/\(.+\)/.test(summary) && !WITHOUT_DEFAULT.includes(name);
    });
    expect(wrong.map(([name, { summary }]) => `${name}: ${summary}`)).to.deep.equal([]);
  });

  it('names what a value is measured in instead of the option', async () => {
    const wrong = (await options()).filter(([, { name, value }]) => value?.toLowerCase() === name && /time|last|lines|signum/.test(name));
    expect(wrong.map(([name]) => name)).to.deep.equal([]);
  });
});
