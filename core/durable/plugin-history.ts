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
    this.#history.put(`${HISTORY_KEYS.plugin}${written(plugin)}/${key}`, value);
  }

  /** What those of the daemon before had kept, as far as they are there still: what others had is forgotten. */
  of(plugins: ReadonlySet<string>): TakenOverArgs['kept'] {
    const names = new Map([...plugins].map((name) => [written(name), name]));
    const kept = new Map<string, [key: string, value: unknown][]>();
    for (const [path, value] of this.#history.under(HISTORY_KEYS.plugin)) {
      const end = path.indexOf('/');
      const name = names.get(path.slice(0, end));
      if (name === undefined) {
        this.#history.put(`${HISTORY_KEYS.plugin}${path}`, null);
        continue;
      }
      const entries = kept.get(name) ?? [];
      entries.push([path.slice(end + 1), value]);
      kept.set(name, entries);
    }
    return Object.fromEntries([...kept].map(([name, entries]) => [name, Object.fromEntries(entries)]));
  }
}

/** A plugin that comes as a package may have a name with a slash. */
function written(plugin: string): string {
  return encodeURIComponent(plugin);
}
