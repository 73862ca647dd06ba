import type { SupervisorEvent } from '../events.js';
import { type AnyPlugin, definePlugin } from '../plugin.js';

/** Keeps every event that its plugin is told of. */
export interface EventRecorder {
  /** To be given to the supervisor. */
  readonly plugin: AnyPlugin;
  /** All events so far, oldest first. */
  readonly events: readonly SupervisorEvent[];
  /** Names of the events so far, oldest first: of one watcher, or as `watcher.name` of all. */
  names(watcher?: string): readonly string[];
}

export function recordEvents(): EventRecorder {
  const events: SupervisorEvent[] = [];
  const plugin = definePlugin({
    name: 'record_events',
    summary: 'Keeps events for a test to look at.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: ['event'],
    setup({ hooks }) {
      hooks.event.tap((event) => void events.push(event));
    },
  });
  const names = (watcher?: string): readonly string[] =>
    watcher === undefined
      ? events.map((event) => `${event.watcher}.${event.name}`)
      : events.filter((event) => event.watcher === watcher).map((event) => event.name);
  return { plugin, events, names };
}
