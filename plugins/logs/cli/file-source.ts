import { messageOf } from '../../../core/index.js';
import { logFiles } from './log-files.js';
import { lastLines } from './read.js';
import { sinceFilter, sorts } from './since.js';
import { FileSource, type LineSource } from './sources.js';
import type { LogStream } from './streams.js';
import { type Wish, Wrong } from './wish.js';

/** The lines of a file that are wished for. @throws Wrong from `first`, where they can't be told */
export function fileSource(stream: LogStream, wish: Wish): LineSource {
  return new FileSource(stream, (end) => filtered(stream, end, wish));
}

/** @param end where the file that is written to is taken to end, as what follows comes from there */
function filtered({ filename, time_format, watcher, name }: LogStream, end: number, { count, since_ms }: Wish): Buffer {
  let files: readonly string[];
  try {
    files = logFiles(filename);
  } catch (error) {
    throw new Wrong(`cannot read ${filename}: ${messageOf(error)}`);
  }
  if (since_ms === null) return lastLines(files, count, end);
  if (time_format === null || !sorts(time_format)) {
    throw new Wrong(
      `--since can't be told for ${name} of ${watcher}: its time_format is ${time_format ?? 'none'}; %Y-%m-%d %H:%M:%S would do`,
    );
  }
  const within = sinceFilter(time_format, since_ms);
  const lines = lastLines(files, Number.POSITIVE_INFINITY, end)
    .toString('latin1')
    .split(/(?<=\n)/)
    .filter(within);
  return Buffer.from(lines.slice(-Math.min(count, lines.length)).join(''), 'latin1');
}
