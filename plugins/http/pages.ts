import type { HttpRoute, SupervisorApi, WatcherApi } from '../../core/index.js';
import { HEALTH } from './access.js';

/** The pages that are there whatever other plugins add. */
export function ownPages(supervisor: SupervisorApi): readonly HttpRoute[] {
  return [
    {
      method: 'GET',
      path: HEALTH,
      summary: 'Whether the daemon has started everything and is not stopping.',
      handle: () => ({ status: supervisor.state === 'running' ? 200 : 503, body: `${supervisor.state}\n` }),
    },
    {
      method: 'GET',
      path: '/status.json',
      summary: 'The watchers, and their processes.',
      handle: () => ({ body: { state: supervisor.state, watchers: supervisor.watchers().map(statusOf) } }),
    },
  ];
}

function statusOf(watcher: WatcherApi): object {
  const { name, status, numprocesses } = watcher;
  return { name, status, numprocesses, processes: watcher.processes().map(({ pid, wid, age }) => ({ pid, wid, age_s: age })) };
}
