import { definePlugin } from '../../core/index.js';
import { ownPages } from './pages.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'http',
  summary:
    'Serves pages over HTTP, for this machine: /healthz, /status.json, /metrics with the plugin metrics, and those of other plugins.',
  schema,
  async setup({ config, supervisor, clock, log, scope, extend, extensions }) {
    for (const page of ownPages(supervisor)) extend('route', page);
    const { HttpServer } = await import('./server.js');
    const server = await HttpServer.open(config, { routes: extensions('route'), clock, log });
    scope.add('server', () => server.close());
    log.info('HTTP pages are served', { address: server.address });
  },
});
