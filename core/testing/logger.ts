import type { LogFields, Logger } from '../log.js';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Those of the line over those of its logger. */
  readonly fields: LogFields;
}

/** A logger that puts its lines, and those of its children, into `lines`. */
export function recordingLogger(lines: LogLine[], fields: LogFields = {}): Logger {
  const at =
    (level: LogLine['level']) =>
    (message: string, own: LogFields = {}): void =>
      void lines.push({ level, message, fields: { ...fields, ...own } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => recordingLogger(lines, { ...fields, ...more }),
  };
}
