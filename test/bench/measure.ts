import type { Figure, Sample, Scale } from './figure.js';
import type { Samples } from './report.js';

export const scaleOf = (quick: boolean): Scale => ({ quick, count: (many, few) => (quick ? few : many) });

/** Lets every contender take its turn in every round, in one direction and then in the other. */
export async function measure(figure: Figure, scale: Scale, rounds: number, told: (line: string) => void): Promise<Samples> {
  const contenders = figure.contenders(scale);
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      told(`round ${round + 1} of ${rounds}: ${contender.name}`);
      samples.get(contender.name)?.push(await contender.measure());
    }
  }
  return samples;
}
