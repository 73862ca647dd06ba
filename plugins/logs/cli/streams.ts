import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Config, closest, OUTPUT_NAMES, outputOptions } from '../../../core/index.js';

/** A file that the output of a watcher goes to. */
export interface LogStream {
  readonly watcher: string;
  /** `stdout`, `stderr`, or both. */
  readonly name: string;
  readonly filename: string;
  readonly time_format: string | null;
}

export interface FoundStreams {
  readonly streams: readonly LogStream[];
  /** One line each, for what can't be read from files. */
  readonly notes: readonly string[];
}

/** What is said of outputs that are in no file, by type. */
export const ELSEWHERE: Readonly<Record<string, string | undefined>> = {
  inherit: "is in the daemon's own output",
  stdout: "is in the daemon's own output",
  fancy_stdout: "is in the daemon's own output",
  memory: 'is in the memory of the daemon',
  null: 'is kept nowhere',
  custom: 'goes to a module of your own',
  extension: 'goes to a plugin',
};

/**
 * The files that watchers write to, those of one watcher where it is named.
 *
 * @param config_file relative files are looked for from the current directory first, then from this file's
 * @returns what is wrong, as text, where there is no such watcher
 */
export function findStreams(config: Config, name: string | undefined, config_file: string): FoundStreams | string {
  const names = Object.keys(config.watchers);
  const wanted = names.filter((watcher) => name === undefined || watcher.toLowerCase() === name.toLowerCase());
  if (wanted.length === 0) {
    const meant = name === undefined ? undefined : closest(name, names);
    return `there is no watcher ${name ?? ''} in ${config_file}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
  }
  const streams = new Map<string, LogStream>();
  const notes: string[] = [];
  for (const watcher of wanted) {
    const spec = config.watchers[watcher];
    for (const output of OUTPUT_NAMES) {
      const options = spec === undefined ? null : outputOptions(spec, output);
      if (options !== null && 'filename' in options) {
        const filename = locate(options.filename, config_file);
        const before = streams.get(`${watcher} ${filename}`);
        const time_format = options.time_format;
        streams.set(`${watcher} ${filename}`, { watcher, name: before === undefined ? output : 'stdout, stderr', filename, time_format });
      } else if (options?.type !== 'same') {
        notes.push(`${output} of ${watcher} ${ELSEWHERE[options?.type ?? 'stdout'] ?? ''}`);
      }
    }
  }
  return { streams: [...streams.values()], notes };
}

function locate(filename: string, config_file: string): string {
  const here = resolve(filename);
  const beside = resolve(dirname(config_file), filename);
  return !existsSync(here) && existsSync(beside) ? beside : here;
}
