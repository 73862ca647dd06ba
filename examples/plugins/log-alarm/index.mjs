import { definePlugin } from 'ringmaster';

export default definePlugin({
  name: 'log_alarm',
  summary: 'Warns of lines of output that match a pattern, and restarts the watcher after too many.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      pattern: { type: 'string', minLength: 1, default: '\\b(ERROR|FATAL)\\b', description: 'Regular expression that a line matches.' },
      limit: { type: 'integer', minimum: 0, default: 0, description: 'Matching lines within `window` before a restart; 0: never.' },
      window: {
        type: ['number', 'string'],
        quantity: 'duration',
        unit: 's',
        minimum: 0,
        default: 60,
        description: 'How close together those lines are.',
      },
    },
  },
  per_watcher: true,
  hooks: ['output', 'watcher_removed'],
  setup({ configFor, hooks, clock, log, report }) {
    /** @type {Map<string, number[]>} times of matching lines, by watcher */
    const seen = new Map();
    hooks.output.tap(({ watcher, lines }) => {
      const options = configFor(watcher);
      if (options === null) return;
      const pattern = new RegExp(options.pattern);
      const matching = lines.filter((line) => pattern.test(line));
      if (matching.length === 0) return;
      for (const line of matching) log.warn(line, { watcher: watcher.name });
      const now_ms = clock.now();
      const before = (seen.get(watcher.name) ?? []).filter((at_ms) => at_ms > now_ms - options.window * 1000);
      const recent = [...before, ...matching.map(() => now_ms)].slice(-Math.max(options.limit, 1));
      seen.set(watcher.name, recent);
      if (options.limit === 0 || recent.length < options.limit) return;
      seen.delete(watcher.name);
      watcher.restart().catch((error) => report('restarting', error));
    });
    hooks.watcher_removed.tap(({ watcher }) => void seen.delete(watcher.name));
  },
});
