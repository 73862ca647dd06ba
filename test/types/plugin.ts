// Compiled with everything else: each @ts-expect-error line must be an error.
import { definePlugin } from '../../core/index.js';

export const inferred = definePlugin({
  name: 'inferred',
  summary: 'Types of options follow from the schema.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string' },
      attempts: { type: 'integer', minimum: 1, default: 2 },
      retry_in: { type: ['number', 'string'], quantity: 'duration', default: 7 },
      mode: { enum: ['fast', 'slow'], default: 'fast' },
      tags: { type: 'array', items: { type: 'string' } },
      limits: { type: 'object', additionalProperties: { type: 'integer' }, default: {} },
      nested: { type: 'object', properties: { on: { type: 'boolean', default: true }, at: { type: 'string' } } },
    },
  },
  hooks: ['respawn', 'before_start'],
  setup({ config, hooks }) {
    const attempts: number = config.attempts;
    const retry_in: number = config.retry_in;
    const mode: 'fast' | 'slow' = config.mode;
    const tags: string[] | undefined = config.tags;
    const limit: number | undefined = config.limits.x;
    const on: boolean | undefined = config.nested?.on;
    const host: string = config.host;
    // @ts-expect-error an option that the schema does not have
    void config.attempt;
    // @ts-expect-error a default-less option may be missing
    const always: string[] = config.tags;
    hooks.respawn.tap((decision, args) => (args.failures > attempts ? { action: 'give_up', reason: 'enough' } : decision));
    hooks.before_start.tap(async () => ({ veto: `${host} ${mode} ${retry_in} ${tags} ${limit} ${on} ${always}` }));
    // @ts-expect-error a hook that is not declared
    hooks.after_stop.tap(() => {});
    // @ts-expect-error a decision of a shape that there is not
    hooks.respawn.tap(() => ({ action: 'perhaps' }));
  },
});
