import { type SupervisorEvent, splitWords } from '../../core/index.js';
import { EVENT_WORDS, type Options } from './schema.js';
import { unknownVariables, VARIABLES, type Values } from './template.js';

const MINUTE_MS = 60_000;

/** The names that the option `events` lists. */
export function eventNames(events: Options['events']): readonly string[] {
  const names = typeof events === 'string' ? events.split(/[\s,]+/) : events;
  return names.filter((name) => name !== '');
}

/** Whether an event is to be told of. */
export function isWanted(event: Pick<SupervisorEvent, 'name'>, options: Pick<Options, 'events'>): boolean {
  const names = eventNames(options.events);
  return names.includes('*') || names.includes(event.name);
}

/**
 * What is wrong with options, in words; a schema can't say this. Nothing secret is in the words.
 *
 * @returns null where nothing is
 */
export function problemOf(options: Options): string | null {
  const unknown = eventNames(options.events).find((name) => !EVENT_WORDS.some((word) => word === name));
  if (unknown !== undefined) return `events has "${unknown}", allowed are ${EVENT_WORDS.join(', ')}`;
  if (options.url !== null && !/^https?:$/.test(URL.canParse(options.url) ? new URL(options.url).protocol : '')) {
    return 'url is none that starts with http:// or https://';
  }
  const words = commandWords(options);
  if ('error' in words) return `command can't be split into words: ${words.error}`;
  const [variable] = unknownVariables([options.body, options.command]);
  if (variable !== undefined) return `there is no variable \${${variable}}, allowed are ${VARIABLES.join(', ')}`;
  return null;
}

/** The words of the command; none where there is no command. */
export function commandWords({ command }: Pick<Options, 'command'>): ReturnType<typeof splitWords> {
  const split = splitWords(command ?? '');
  return 'words' in split && command !== null && (split.words[0] ?? '') === '' ? { error: 'it has none' } : split;
}

/** What the variables of a template stand for in an event. */
export function valuesOf(event: SupervisorEvent, summary: string, host: string): Values {
  const { time, ...body } = event.body;
  const values = Object.entries(body).map(([key, value]): [string, string | number] => [
    key,
    typeof value === 'object' ? JSON.stringify(value) : value,
  ]);
  return {
    watcher: event.watcher,
    event: event.name,
    summary,
    host,
    time: new Date(time * 1000).toISOString(),
    ...Object.fromEntries(values),
  };
}

/**
 * How long to wait before the next attempt.
 *
 * @param failures attempts so far, at least 1
 * @param asked_ms what the receiver asked for, if it did
 */
export function retryDelay(failures: number, options: Pick<Options, 'retry_in' | 'retry_cap'>, asked_ms: number | null): number {
  return Math.min(Math.max(options.retry_in * 1000 * 2 ** (failures - 1), asked_ms ?? 0), options.retry_cap * 1000);
}

/**
 * How long the next event has to wait, so that no minute has more than it may.
 *
 * @param sent_ms when the last ones were sent, oldest first
 */
export function pauseFor(sent_ms: readonly number[], now_ms: number, max_per_minute: number | null): number {
  if (max_per_minute === null) return 0;
  const oldest = sent_ms.at(-max_per_minute);
  return oldest === undefined ? 0 : Math.max(0, oldest + MINUTE_MS - now_ms);
}
