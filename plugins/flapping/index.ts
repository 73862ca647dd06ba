import { definePlugin } from '../../core/index.js';
import { type History, NO_HISTORY, onDeath } from './policy.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'flapping',
  summary: 'Pauses a watcher that keeps dying, tries it again a few times, then leaves it stopped.',
  schema,
  per_watcher: true,
  hooks: ['respawn', 'watcher_removed'],
  setup({ configFor, hooks, clock }) {
    const histories = new Map<string, History>();
    hooks.respawn.tap((decision, { watcher, exit }) => {
      const options = configFor(watcher);
      if (options === null || !options.active || exit === null) return decision;
      const wait_ms = decision.action === 'respawn' ? decision.delay_ms : 0;
      const result = onDeath(histories.get(watcher.name) ?? NO_HISTORY, clock.now(), options, wait_ms);
      histories.set(watcher.name, result.history);
      return result.decision ?? decision;
    });
    hooks.watcher_removed.tap(({ watcher }) => histories.delete(watcher.name));
  },
});
