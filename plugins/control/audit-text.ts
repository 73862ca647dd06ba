import type { AuditEntry } from './audit.js';
import { durationText, textTable } from './text-table.js';

/** What is printed of an entry, column by column. */
export function auditRow({ time, who, command, properties, result, took_ms, reason }: AuditEntry): readonly string[] {
  const asked = Object.entries(properties).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const ended = reason === undefined ? result : `${result}: ${reason}`;
  return [
    `${new Date(time * 1000).toISOString().slice(0, 19)}Z`,
    visible(who),
    visible([command, ...asked].join(' ')),
    durationText(took_ms),
    visible(ended),
  ];
}

export function auditTable(rows: readonly (readonly string[])[]): string {
  return textTable([['TIME', 'WHO', 'WHAT', 'TOOK', 'RESULT'], ...rows]);
}

/** Whoever asks decides what it is called: a terminal is not to take it for commands, nor a line for two. */
export function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
