import { defineCommand, definePlugin } from '../../core/index.js';
import { collectAll, type Family } from './collect.js';
import { Counts } from './counts.js';
import { ownMetrics } from './own.js';
import { CONTENT_TYPE, prometheusText } from './prometheus.js';

const metricsCommand = (collect: () => readonly Family[]) =>
  defineCommand({
    name: 'metrics',
    summary: 'Show figures of the daemon and of plugins',
    description: 'Tells the figures of all metrics, those that plugins add too, as text for Prometheus and as data.',
    request: {
      type: 'object',
      additionalProperties: false,
      properties: { name: { type: 'string', description: 'Only this metric.' } },
    },
    reply: {
      type: 'object',
      properties: {
        text: { type: 'string', description: 'In the text format of Prometheus.' },
        metrics: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              help: { type: 'string' },
              type: { enum: ['counter', 'gauge'] },
              samples: {
                type: 'array',
                items: { type: 'object', properties: { value: { type: 'number' }, labels: { type: 'object' } } },
              },
            },
          },
        },
      },
    },
    arguments: ['name'],
    prints: 'text',
    run({ name }) {
      const metrics = collect().filter((family) => name === undefined || family.name === name);
      return { text: prometheusText(metrics), metrics };
    },
  });

export default definePlugin({
  name: 'metrics',
  summary: 'Gathers figures of the daemon and of plugins, for `ringmaster metrics` and, with the plugin http, for Prometheus at /metrics.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  hooks: ['event'],
  setup({ supervisor, hooks, log, extend, extensions }) {
    const counts = new Counts();
    hooks.event.tap((event) => counts.add(event));
    const metrics = extensions('metric');
    let told = new Set<string>();
    const collect = (): readonly Family[] => {
      const { families, unwell } = collectAll(metrics.list());
      for (const { plugin, metric, why } of unwell) {
        if (!told.has(metric)) log.warn(`metric ${metric} of plugin "${plugin}" is left out: ${why}`);
      }
      told = new Set(unwell.map(({ metric }) => metric));
      return families;
    };
    for (const metric of ownMetrics(supervisor, counts)) extend('metric', metric);
    extend('command', metricsCommand(collect));
    extend('route', {
      method: 'GET',
      path: '/metrics',
      summary: 'Figures for Prometheus.',
      handle: () => ({ headers: { 'content-type': CONTENT_TYPE }, body: prometheusText(collect()) }),
    });
  },
});
