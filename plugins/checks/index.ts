import { type Checks, definePlugin, RingmasterError } from '../../core/index.js';
import { httpProbe } from './http/index.js';
import { CheckLoop } from './loop.js';
import { ConfiguredProbes } from './probes.js';
import { schema } from './schema.js';
import { tcpProbe } from './tcp.js';

export default definePlugin({
  name: 'checks',
  summary:
    'Looks at what the config asks for, and at what other plugins ask for, and acts on failures. Comes along with those that require it.',
  schema,
  hooks: ['boot'],
  setup({ config, clock, log, supervisor, hooks, scope, emit, provide, extend, extensions }) {
    extend('probe', httpProbe);
    extend('probe', tcpProbe);
    const types = extensions('probe');
    const checks: Checks = {
      start: (check) => new CheckLoop(check, { clock, log, supervisor, emit }),
      probe(type, options) {
        const found = types.find(type);
        if (found === undefined) throw new RingmasterError('RM_PLUGIN_FAILED', ['checks', `probe ${type}: no plugin has such a type`]);
        return (signal) => found.value.probe(options as never, signal);
      },
    };
    provide('checks', checks);
    const probes = new ConfiguredProbes({ config, types, checks, log });
    scope.add('checks of the config', () => probes.close());
    hooks.boot.tap(() => probes.complain());
  },
});
