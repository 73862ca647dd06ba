export const LOG_LEVELS = ['critical', 'error', 'warning', 'info', 'debug'] as const;
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The level of that name, in either case; undefined for none. */
export function levelNamed(name: string | null): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === name?.toLowerCase());
}
