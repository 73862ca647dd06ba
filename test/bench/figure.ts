/** What a contender measured in one round, by the name of the metric, which ends in its unit. */
export type Sample = Readonly<Record<string, number>>;

/** How much work a figure is measured with. */
export interface Scale {
  /** As little as shows that the figure can be measured. */
  readonly quick: boolean;
  /** Work of so many pieces, or of `few` where it is to be quick. */
  count(many: number, few: number): number;
}

export interface Contender {
  readonly name: string;
  measure(): Promise<Sample>;
}

/** What `metric` of a contender is held against: `times` that of another, or a plain number. */
export interface Goal {
  readonly of: string;
  readonly metric: string;
  readonly sense: 'at most' | 'at least';
  readonly than: { readonly times: number; readonly of: string; readonly metric?: string } | { readonly value: number };
}

export interface Figure {
  readonly title: string;
  /** Long, or of the whole machine: only by name or with --full. */
  readonly full?: boolean;
  /** Empty where the machine has not what it takes. */
  contenders(scale: Scale): readonly Contender[];
  readonly goals: readonly Goal[];
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value that this share of all is not above. */
export function quantile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
