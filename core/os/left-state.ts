import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the journal of a state directory is. */
export const journalPath = (directory: string): string => join(directory, 'journal');

/** Where what is told of the past is. */
export const historyPath = (directory: string): string => join(directory, 'history');

/** As `Os.hasJournal`. Where somebody has removed the journal, the history tells by what processes are found. */
export function hasJournal(directory: string): boolean {
  return existsSync(journalPath(directory)) || existsSync(historyPath(directory));
}
