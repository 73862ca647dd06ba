import type { HttpRoute, SupervisorApi, WatcherApi } from '../../core/index.js';

/** The pages that are there whatever other plugins add. */
export function ownPages(supervisor: SupervisorApi): readonly HttpRoute[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the daemon has started everything and is not stopping; a line for each of its troubles.',
      // Load balancers know no token.
      open: true,
      // One in trouble serves on: whoever restarts it for that makes it worse.
      handle: () => ({
        status: supervisor.state === 'running' ? 200 : 503,
        body: [supervisor.state, ...supervisor.troubles().map(({ name }) => `trouble: ${name}`), ''].join('\n'),
      }),
    },
    {
      method: 'GET',
      path: '/status.json',
      summary: 'The watchers, their processes, and what troubles the daemon.',
      handle: () => ({ body: { state: supervisor.state, troubles: supervisor.troubles(), watchers: supervisor.watchers().map(statusOf) } }),
    },
  ];
}

function statusOf(watcher: WatcherApi): object {
  const { name, status, numprocesses } = watcher;
  return { name, status, numprocesses, processes: watcher.processes().map(({ pid, wid, age }) => ({ pid, wid, age_s: age })) };
}
