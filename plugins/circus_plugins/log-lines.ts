import { StringDecoder } from 'node:string_decoder';
import type { Logger, ProcessSink } from '../../core/index.js';

/** A line of Circus's log, `DATE TIME NAME[PID] [LEVEL] MESSAGE`; all else that a process writes is trouble. */
const LINE = /^\S+ \S+ \S+\[\d+\] \[([A-Z]+)\] (.*)$/;

const LEVELS: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error'>> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
};

/** The longest line that is waited for, in characters. */
const LONGEST = 16_384;

/** Puts what a plugin's process writes into the daemon's log, line by line. */
export function logLines(log: Logger): ProcessSink {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const tell = (line: string): void => {
    const text = line.trimEnd();
    if (text === '') return;
    const [, level = 'WARNING', message = text] = LINE.exec(text) ?? [];
    log[LEVELS[level] ?? 'warn'](message);
  };
  return {
    write(chunk) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) tell(line);
      if (rest.length > LONGEST) {
        tell(rest);
        rest = '';
      }
    },
    end() {
      tell(rest + decoder.end());
      rest = '';
    },
  };
}
