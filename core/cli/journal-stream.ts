import { fstatSync } from 'node:fs';
import { severityOf } from './syslog-line.js';

/** Whether a descriptor leads to systemd's journal. @source JOURNAL_STREAM in systemd.exec(5) */
export function isJournal(fd: number, { JOURNAL_STREAM }: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (!JOURNAL_STREAM) return false;
  const { dev, ino } = fstatSync(fd);
  return JOURNAL_STREAM === `${dev}:${ino}`;
}

/** A line of the log as pino writes it, with the priority that the journal is to keep it with, and takes off. @source sd-daemon(3) */
export function journalLine(json: string): string {
  const [, level = ''] = /^{"level":"(\w+)"/.exec(json) ?? [];
  return `<${severityOf(level)}>${json}`;
}
