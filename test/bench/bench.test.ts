import { expect } from 'chai';
import { FIGURES } from './figures/index.js';
import { measure, scaleOf } from './measure.js';
import { judge, table } from './report.js';

/** Others may be installed or not, and some take long. */
const OURS = ['ringmaster', 'posix_spawn', 'the child', 'empty', 'native', 'portable', 'plan', 'step'];
/** What these need is not everywhere: Circus's client, and valgrind. */
const OPTIONAL = ['control', 'instructions'];

describe('benches', function () {
  this.timeout(120_000);

  for (const [name, figure] of Object.entries(FIGURES).filter(([, { full }]) => full !== true)) {
    it(`produce the figure ${name}`, async () => {
      const { samples, failures } = await measure(figure, { scale: scaleOf(true), rounds: 1, among: OURS });
      if (!OPTIONAL.includes(name)) expect(samples.size).to.be.above(0);
      expect([...failures]).to.deep.equal([]);
      for (const [contender, all] of samples) {
        const values = all.flatMap((sample) => Object.entries(sample));
        expect(values, contender).not.to.deep.equal([]);
        expect(
          values.filter(([, value]) => !Number.isFinite(value)),
          contender,
        ).to.deep.equal([]);
      }
      expect(table(figure, samples)).to.include(figure.title);
    });
  }

  it('go on without a contender that can not be measured, and tell why', async () => {
    let turns = 0;
    const broken = async (): Promise<never> => {
      turns++;
      throw new Error('it does not start');
    };
    const figure = {
      title: 'one works',
      contenders: () => [
        { name: 'works', measure: async () => ({ took_ms: 1 }) },
        { name: 'broken', measure: broken },
      ],
      goals: [],
    };
    const { samples, failures } = await measure(figure, { scale: scaleOf(true), rounds: 2 });
    expect(samples.get('works')).to.have.length(2);
    expect([turns, failures.get('broken')?.message]).to.deep.equal([1, 'it does not start']);
    const only = await measure(figure, { scale: scaleOf(true), rounds: 1, among: ['wor'] });
    expect([...only.samples.keys()]).to.deep.equal(['works']);
  });

  it('judge a goal by the medians of the rounds', () => {
    const samples = new Map([
      ['we', [{ took_ms: 3 }, { took_ms: 1 }, { took_ms: 9 }]],
      ['they', [{ took_ms: 6 }, { took_ms: 4 }, { took_ms: 5 }]],
    ]);
    const goal = { of: 'we', metric: 'took_ms', sense: 'at most' } as const;
    expect(judge({ ...goal, than: { times: 0.6, of: 'they' } }, samples)).to.include({ reached: true, ratio: 0.6 });
    expect(judge({ ...goal, than: { times: 0.5, of: 'they' } }, samples)).to.include({ reached: false });
    expect(judge({ ...goal, sense: 'at least', than: { value: 2 } }, samples)).to.include({ reached: true, ratio: 1.5 });
    expect(judge({ ...goal, than: { times: 1, of: 'nobody' } }, samples)).to.equal(null);
  });
});
