import { type Checks, definePlugin, type Observer, type ObserverOptions, RingmasterError } from '../../core/index.js';
import { checkProbes } from './check.js';
import { httpProbe } from './http/index.js';
import { CheckLoop } from './loop.js';
import { Observing } from './observing.js';
import { ConfiguredProbes } from './probes.js';
import { schema } from './schema.js';
import { tcpProbe } from './tcp.js';

export default definePlugin({
  name: 'checks',
  summary:
    'Looks at what the config asks for, and at what other plugins ask for, and acts on failures. Comes along with those that require it.',
  schema,
  hooks: ['boot', 'watcher_added', 'watcher_removed', 'config_applied', 'event'],
  probes: [httpProbe, tcpProbe],
  check: ({ probes = {} }, told) => checkProbes(probes, told),
  setup({ config, clock, log, supervisor, hooks, scope, emit, provide, extend, extensions }) {
    extend('probe', httpProbe);
    extend('probe', tcpProbe);
    const types = extensions('probe');
    const observing = new Set<{ refresh(): void }>();
    const checks: Checks = {
      start: (check) => new CheckLoop(check, { clock, log, supervisor, emit }),
      probe(type, options) {
        const found = types.find(type);
        if (found === undefined) throw new RingmasterError('RM_PLUGIN_FAILED', ['checks', `probe ${type}: no plugin has such a type`]);
        return (signal) => found.value.probe(options as never, signal);
      },
      observe<O extends ObserverOptions>(observer: Observer<O>): AsyncDisposable {
        const one = new Observing(observer, { checks, supervisor });
        observing.add(one);
        return {
          async [Symbol.asyncDispose]() {
            observing.delete(one);
            await one[Symbol.asyncDispose]();
          },
        };
      },
    };
    provide('checks', checks);
    const probes = new ConfiguredProbes({ config, types, checks, log });
    scope.add('checks of the config', () => probes.close());
    const refresh = (): void => {
      for (const one of observing) one.refresh();
    };
    hooks.boot.tap(() => {
      refresh();
      probes.complain();
    });
    hooks.event.tap(({ name }) => {
      if (name === 'updated') refresh();
    });
    for (const name of ['watcher_added', 'watcher_removed', 'config_applied'] as const) hooks[name].tap(refresh);
  },
});
