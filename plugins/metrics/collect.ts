import { type Extension, type Metric, type MetricSample, messageOf } from '../../core/index.js';

/** A metric with its figures of this moment. */
export interface Family extends Omit<Metric, 'collect'> {
  readonly samples: readonly MetricSample[];
}

/** A metric that could not be told. */
export interface Unwell {
  readonly plugin: string;
  readonly metric: string;
  readonly why: string;
}

/** The figures of all metrics, sorted by name; one that throws or returns rubbish is left out, and told of. */
export async function collectAll(
  metrics: readonly Extension<'metric'>[],
): Promise<{ readonly families: readonly Family[]; readonly unwell: readonly Unwell[] }> {
  const families: Family[] = [];
  const unwell: Unwell[] = [];
  const sorted = metrics.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const results = await Promise.allSettled(sorted.map(async ({ value }): Promise<unknown> => value.collect()));
  for (const [at, { plugin, value }] of sorted.entries()) {
    const { name, help, type } = value;
    const result = results[at];
    if (result?.status === 'fulfilled') {
      const wrong = wrongWith(result.value);
      if (wrong === null) families.push({ name, help, type, samples: result.value as readonly MetricSample[] });
      else unwell.push({ plugin, metric: name, why: `collect returned ${wrong}, allowed is a list of {value, labels}` });
    } else unwell.push({ plugin, metric: name, why: messageOf(result?.reason) });
  }
  return { families, unwell };
}

function wrongWith(samples: unknown): string | null {
  if (!Array.isArray(samples)) return typeof samples === 'object' ? 'no list' : String(samples);
  const at = samples.findIndex((sample: unknown) => !isSample(sample));
  return at < 0 ? null : `a list whose item ${at} is none`;
}

function isSample(sample: unknown): boolean {
  if (typeof sample !== 'object' || sample === null || !('value' in sample) || typeof sample.value !== 'number') return false;
  if (!('labels' in sample) || sample.labels === undefined) return true;
  const { labels } = sample;
  return typeof labels === 'object' && labels !== null && Object.values(labels).every((text) => typeof text === 'string');
}
