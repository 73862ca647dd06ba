import type { TakenOverArgs } from '../hooks.js';
import type { History } from './history.js';
import { HISTORY_KEYS } from './records.js';

/** What plugins have kept over a crash and an upgrade. */
export class PluginHistory {
  readonly #history: History;

  constructor(history: History) {
    this.#history = history;
  }

  /** As `PluginContext.keep`. */
  keep(plugin: string, key: string, value: unknown): void {
    this.#history.put(`${HISTORY_KEYS.plugin}${plugin}/${key}`, value);
  }

  /** What those of the daemon before had kept, as far as they are there still: what others had is forgotten. */
  of(plugins: ReadonlySet<string>): TakenOverArgs['kept'] {
    const kept: Record<string, Record<string, unknown>> = {};
    for (const [path, value] of this.#history.under(HISTORY_KEYS.plugin)) {
      const end = path.indexOf('/');
      const [plugin, key] = [path.slice(0, end), path.slice(end + 1)];
      if (plugins.has(plugin)) kept[plugin] = { ...kept[plugin], [key]: value };
      else this.keep(plugin, key, null);
    }
    return kept;
  }
}
