import type { Figure, Sample, Scale } from './figure.js';
import type { Samples } from './report.js';

export interface Measured {
  readonly samples: Samples;
  /** Why a contender could not be measured, by its name: it was left out from then on. */
  readonly failures: ReadonlyMap<string, Error>;
}

export interface MeasureOptions {
  readonly scale: Scale;
  readonly rounds: number;
  /** Those whose name begins with one of these; all where there are none. */
  readonly among?: readonly string[];
  readonly told?: (line: string) => void;
}

export const scaleOf = (quick: boolean): Scale => ({ quick, count: (many, few) => (quick ? few : many) });

/** Lets every contender take its turn in every round, in one direction and then in the other. */
export async function measure(figure: Figure, { scale, rounds, among = [], told }: MeasureOptions): Promise<Measured> {
  const contenders = figure.contenders(scale).filter(({ name }) => among.length === 0 || among.some((start) => name.startsWith(start)));
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  const failures = new Map<string, Error>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure: run } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      if (failures.has(name)) continue;
      told?.(`round ${round + 1} of ${rounds}: ${name}`);
      try {
        samples.get(name)?.push(await run());
      } catch (error) {
        failures.set(name, error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
  return { samples, failures };
}
