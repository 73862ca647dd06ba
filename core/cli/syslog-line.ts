/** @source RFC 3164, 4.1.1; the names are those of Python's SysLogHandler */
export const FACILITIES = {
  ...{ kern: 0, user: 1, mail: 2, daemon: 3, auth: 4, security: 4, syslog: 5, lpr: 6, news: 7, uucp: 8, cron: 9, authpriv: 10, ftp: 11 },
  ...{ ntp: 12, console: 14, 'solaris-cron': 15 },
  ...{ local0: 16, local1: 17, local2: 18, local3: 19, local4: 20, local5: 21, local6: 22, local7: 23 },
} as const;
export type Facility = keyof typeof FACILITIES;

/** By the names of pino's levels. */
const SEVERITIES: Readonly<Record<string, number>> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7 };
const LEVELS: Readonly<Record<string, string>> = { fatal: 'CRITICAL', error: 'ERROR', warn: 'WARNING', info: 'INFO', debug: 'DEBUG' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** How important it is to syslog; a level that it does not know is told like `info`. */
export function severityOf(level: string): number {
  return SEVERITIES[level] ?? 6;
}

/**
 * A line of the log, JSON as pino writes it, as a message of syslog: `<30>Nov  2 22:03:08 ringmaster[12]: [INFO] ready watchers=2`.
 *
 * @param host named in messages to another machine only, as RFC 3164 has it
 */
export function syslogLine(json: string, facility: Facility, host: string | null): string {
  const { level, time, pid, msg, ...fields }: Readonly<Record<string, unknown>> = JSON.parse(json);
  const priority = FACILITIES[facility] * 8 + severityOf(String(level));
  const at = new Date(String(time));
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  const stamp = `${MONTHS[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${clock}`;
  const shown = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = [`[${LEVELS[String(level)] ?? level}]`, msg, ...shown].join(' ');
  const lines = text.split('\n').map((part) => part.trim());
  return `<${priority}>${stamp} ${host === null ? '' : `${host} `}ringmaster[${pid}]: ${lines.filter((line) => line !== '').join(' | ')}`;
}
