import { definePlugin } from '../../core/index.js';
import { Governor } from './governor.js';
import { delayAfter, failuresAfter } from './policy.js';
import { schema } from './schema.js';

/** The wait comes before what other plugins decide, the share of the whole after it, so that nothing is taken for nothing. */
const FIRST = -10;
const LAST = 10;

export default definePlugin({
  name: 'backoff',
  summary:
    'Waits longer and longer before it respawns a process that keeps dying, and respawns only so many a second over all watchers. The daemon has it unless the config says `false`.',
  schema,
  per_watcher: true,
  hooks: ['respawn', 'state_changed', 'watcher_removed'],
  setup({ config, configFor, hooks, clock, random }) {
    /** Early deaths in a row, by watcher and worker id. */
    const failures = new Map<string, Map<number, number>>();
    hooks.respawn.tap(
      (decision, { watcher, wid, exit, errno, uptime_ms }) => {
        const options = configFor(watcher);
        if (options === null || decision.action !== 'respawn') return decision;
        const workers = failures.get(watcher.name) ?? new Map<number, number>();
        const count = failuresAfter(workers.get(wid) ?? 0, exit === null ? null : uptime_ms, options);
        failures.set(watcher.name, workers.set(wid, count));
        const reason = count <= 1 || errno !== null ? decision.reason : `ended early ${count} times in a row`;
        const delay_ms = Math.max(0, delayAfter(count, options, random()) - uptime_ms);
        return delay_ms === decision.delay_ms && reason === decision.reason ? decision : { action: 'respawn', delay_ms, reason };
      },
      { stage: FIRST },
    );

    if (config.respawns_per_second !== null) {
      const governor = new Governor(config.respawns_per_second);
      hooks.respawn.tap(
        (decision, { watcher, failures: early }) => {
          if (decision.action !== 'respawn' || configFor(watcher) === null) return decision;
          const now_ms = clock.now();
          // One that ran for a while is replaced at once, however many end with it; those that can't run then wait the longer.
          if (early === 0) {
            governor.count(watcher.name, now_ms);
            return decision;
          }
          const due_ms = now_ms + decision.delay_ms;
          const at_ms = governor.reserve(watcher.name, due_ms, now_ms);
          if (at_ms === due_ms) return decision;
          return {
            ...decision,
            delay_ms: at_ms - now_ms,
            reason: `${decision.reason}, more than ${config.respawns_per_second} respawns a second`,
          };
        },
        { stage: LAST },
      );
    }

    hooks.state_changed.tap(({ watcher, to }) => to === 'stopped' && failures.delete(watcher.name));
    hooks.watcher_removed.tap(({ watcher }) => failures.delete(watcher.name));
  },
});
