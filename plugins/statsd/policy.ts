import type { SupervisorEvent } from '../../core/index.js';

/** The name of the counter of an event: `NAME.ACTION`, NAME as in the topics of the event endpoint. */
export function counterOf({ watcher, name }: Pick<SupervisorEvent, 'watcher' | 'name'>): string {
  return `${watcher.toLowerCase().replaceAll(' ', '_')}.${name}`;
}
