import type { SupervisorEvent } from '../../core/index.js';

/** Topic of an event: `watcher.NAME.ACTION`, NAME in lower case with `_` for spaces. */
export function topicOf(event: Pick<SupervisorEvent, 'watcher' | 'name'>): string {
  return `watcher.${event.watcher.toLowerCase().replaceAll(' ', '_')}.${event.name}`;
}
