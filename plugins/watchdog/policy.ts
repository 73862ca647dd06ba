import { messageOf, RingmasterError } from '../../core/index.js';

/** A process that is to send heartbeats. */
export interface Monitored {
  readonly pid: number;
  readonly watcher: string;
  /** Its last heartbeat, or its start; milliseconds. */
  readonly heard_ms: number;
  /** How long it may be silent. */
  readonly patience_ms: number;
}

/**
 * Which processes have been silent for too long, and when to look again; null where there is nobody to look at.
 *
 * @param now_ms on the same clock as `heard_ms`
 */
export function overdue<T extends Monitored>(
  monitored: Iterable<T>,
  now_ms: number,
): { readonly silent: readonly T[]; readonly next_ms: number | null } {
  const silent: T[] = [];
  let next_ms: number | null = null;
  for (const one of monitored) {
    const due_ms = one.heard_ms + one.patience_ms;
    if (due_ms <= now_ms) silent.push(one);
    else if (next_ms === null || due_ms < next_ms) next_ms = due_ms;
  }
  return { silent, next_ms };
}

/**
 * A pattern of Python's `re.match` as JavaScript has it: from the beginning of the text, groups `(?P<name>…)`, flags `(?i)` in
 * front, `\A` and `\Z`.
 *
 * @throws SyntaxError
 */
export function pythonPattern(source: string): RegExp {
  const [all = '', flags = ''] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const translated = source.slice(all.length).replaceAll(/\\[\s\S]|\(\?P<|\(\?P=(\w+)\)/g, (found, name: string | undefined) => {
    if (found === '(?P<') return '(?<';
    if (name !== undefined) return `\\k<${name}>`;
    if (found === '\\A') return '(?<![\\s\\S])';
    return found === '\\Z' ? '(?![\\s\\S])' : found;
  });
  return new RegExp(translated, `${[...new Set(flags)].join('')}y`);
}

/** Matches as Python's `re.match`: `$` is also before a line feed at the end. */
function pythonMatch(pattern: RegExp, text: string): RegExpExecArray | null {
  const match = (whole: string): RegExpExecArray | null => {
    pattern.lastIndex = 0;
    return pattern.exec(whole);
  };
  return match(text) ?? (text.endsWith('\n') ? match(text.slice(0, -1)) : null);
}

/** The pid that a heartbeat names; null for a message that is none. */
export function heartbeatPid(pattern: RegExp, text: string): number | null {
  const pid = pythonMatch(pattern, text)?.groups?.pid?.trim() ?? '';
  return /^\d{1,10}$/.test(pid) ? Number(pid) : null;
}

/** Whether a watcher is one of those that the pattern means, as written or as the event endpoint writes it. */
export function isMeant(pattern: RegExp, watcher: string): boolean {
  return [watcher, watcher.toLowerCase().replaceAll(' ', '_')].some((name) => pythonMatch(pattern, name) !== null);
}

/** @throws RM_PLUGIN_OPTION */
export function patternOf(option: 'msg_regex' | 'watchers_regex', source: string): RegExp {
  const allowed = option === 'msg_regex' ? 'a regular expression with a group (?P<pid>…)' : 'a regular expression';
  try {
    const pattern = pythonPattern(source);
    if (option !== 'msg_regex' || source.includes('<pid>')) return pattern;
  } catch (cause) {
    throw new RingmasterError('RM_PLUGIN_OPTION', ['watchdog', option, `${JSON.stringify(source)}: ${messageOf(cause)}`, allowed], {
      cause,
    });
  }
  throw new RingmasterError('RM_PLUGIN_OPTION', ['watchdog', option, JSON.stringify(source), allowed]);
}
