import type { Extension, Metric, MetricSample } from '../../core/index.js';

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
export function collectAll(metrics: readonly Extension<'metric'>[]): {
  readonly families: readonly Family[];
  readonly unwell: readonly Unwell[];
} {
  const families: Family[] = [];
  const unwell: Unwell[] = [];
  for (const { plugin, value } of metrics.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const { name, help, type } = value;
    try {
      const samples: unknown = value.collect();
      const wrong = wrongWith(samples);
      if (wrong === null) families.push({ name, help, type, samples: samples as readonly MetricSample[] });
      else unwell.push({ plugin, metric: name, why: `collect returned ${wrong}, allowed is a list of {value, labels}` });
    } catch (error) {
      unwell.push({ plugin, metric: name, why: error instanceof Error ? error.message : String(error) });
    }
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
