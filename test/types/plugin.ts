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

export const tapped = definePlugin({
  name: 'tapped',
  summary: 'What a tap may return follows from the kind of its hook.',
  schema: { type: 'object', properties: {} },
  hooks: ['before_start', 'before_signal', 'respawn', 'spawn_options', 'before_stop', 'event'],
  setup({ config, hooks, service }) {
    hooks.before_start.tap(async ({ watcher }) => watcher.status !== 'stopped');
    hooks.before_start.tap(() => {}, { stage: -1, before: ['inferred'], deadline_ms: 10, ignore_failure: true, watcher: 'web' });
    // @ts-expect-error a gate says no with false or a veto
    hooks.before_start.tap(() => 'no');
    // @ts-expect-error this gate has to be answered at once
    hooks.before_signal.tap(async () => false);
    // @ts-expect-error a decision has to be made at once
    hooks.respawn.tap(async (decision) => decision);
    hooks.spawn_options.tap(async (options) => ({ ...options, env: { ...options.env, ADDED: 'yes' } }));
    hooks.spawn_options.tap((options) => {
      // @ts-expect-error arguments are frozen
      options.cwd = '/';
    });
    // @ts-expect-error a value of another shape
    hooks.spawn_options.tap(() => ({ argv: ['true'] }));
    hooks.before_stop.tap(async () => 'whatever');
    hooks.event.tap((event) => (event.name === 'reap' ? event.body.exit_code : 0));
    // @ts-expect-error an option of a tap that there is not
    hooks.event.tap(() => {}, { timeout: 5 });
    // @ts-expect-error no options, so there is nothing to read
    void config.attempts.length;
    const counter = service<{ count(): number }>('counter');
    counter.count();
  },
});

definePlugin({
  name: 'wrong',
  summary: 'A hook that there is not.',
  schema: { type: 'object', properties: {} },
  // @ts-expect-error a hook that there is not
  hooks: ['before_lunch'],
  setup() {},
});
