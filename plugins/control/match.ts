import type { WatcherApi } from '../../core/index.js';
import { closest, messageOf, RingmasterError } from '../../core/index.js';
import type { CommandContext } from './command.js';
import { pythonText } from './python-text.js';

/** The watcher of that name, case ignored. @throws RM_WATCHER_UNKNOWN */
export function findWatcher({ supervisor }: CommandContext, name: string): WatcherApi {
  const watcher = supervisor.find(name);
  if (watcher === undefined) throw unknownWatcher(supervisor, name);
  return watcher;
}

function unknownWatcher(supervisor: CommandContext['supervisor'], name: string): RingmasterError {
  const names = supervisor.watchers().map((watcher) => watcher.name);
  const did_you_mean = closest(name, names);
  return new RingmasterError('RM_WATCHER_UNKNOWN', [name], {
    context: { watcher: name, ...(did_you_mean !== undefined && { did_you_mean }) },
  });
}

/**
 * The watchers whose names match, in start order.
 *
 * @param method `glob` (as file names in a shell), `simple` (the name itself) or `regex` (anchored at the start); case is ignored
 * @throws RM_WATCHER_UNKNOWN where none matches, RM_REQUEST_INVALID for an unknown method and a broken pattern
 */
export function matchWatchers(context: CommandContext, name: string, method = 'glob'): readonly WatcherApi[] {
  if (method === 'simple') return [findWatcher(context, name)];
  const pattern = patternOf(name, method);
  const matched = context.supervisor.watchers().filter((watcher) => pattern.test(watcher.name));
  if (matched.length === 0) throw unknownWatcher(context.supervisor, name);
  return matched;
}

function patternOf(name: string, method: string): RegExp {
  if (method === 'glob') return globPattern(name);
  if (method !== 'regex') {
    throw new RingmasterError('RM_REQUEST_INVALID', [`unknown match method ${pythonText(method)}, allowed are glob, simple and regex`]);
  }
  try {
    // Python names groups with a P.
    return new RegExp(`^(?:${name.replaceAll('(?P<', '(?<')})`, 'i');
  } catch (cause) {
    throw new RingmasterError('RM_REQUEST_INVALID', [`match pattern invalid: ${messageOf(cause)}`], { cause });
  }
}

/**
 * The pattern of a shell glob: `*`, `?`, `[abc]`, `[!abc]`, everything else as it is; case is ignored.
 *
 * @source Python's fnmatch; glob(7)
 */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (token, not: string | undefined, set: string | undefined) => {
    if (set !== undefined && set !== '') return `[${not === '!' ? '^' : ''}${setSource(set)}]`;
    if (set === '') return not === '!' ? '\\[!\\]' : '\\[\\]';
    if (token === '*') return '[\\s\\S]*';
    if (token === '?') return '[\\s\\S]';
    return token.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  return new RegExp(`^(?:${source})$`, 'i');
}

/** The inside of a set. A range that runs backwards matches nothing. */
function setSource(set: string): string {
  const escaped = (character: string): string => character.replaceAll(/[\\\]^-]/g, '\\$&');
  return set.replaceAll(/([\s\S])-([\s\S])|[\s\S]/g, (token, from: string | undefined, to: string | undefined) => {
    if (from === undefined || to === undefined) return escaped(token);
    return from <= to ? `${escaped(from)}-${escaped(to)}` : '';
  });
}
