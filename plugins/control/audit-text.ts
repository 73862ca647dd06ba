import { visible } from '../../core/index.js';
import type { AuditEntry } from './audit.js';
import { durationText, textTable } from './text-table.js';

/** What is printed of an entry, column by column. Whoever asks decides what it is called: a line is not to be taken for two. */
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
