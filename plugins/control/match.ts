import { runInNewContext } from 'node:vm';
import type { WatcherApi } from '../../core/index.js';
import { closest, messageOf, RingmasterError } from '../../core/index.js';
import type { CommandContext } from './command.js';
import { pythonText } from './python-text.js';

/** How long it may take to find out which names match, ms. */
const DEADLINE_MS = 200;
/** Of a pattern, characters: what has more takes its time to be understood. */
const LONGEST = 1000;

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
 * @throws RM_WATCHER_UNKNOWN where none matches, RM_REQUEST_INVALID for an unknown method and a pattern that is broken or takes too long
 */
export function matchWatchers(context: CommandContext, name: string, method = 'glob'): readonly WatcherApi[] {
  if (method === 'simple' || (method === 'glob' && !/[*?[]/.test(name))) return [findWatcher(context, name)];
  if (name.length > LONGEST) {
    const why = `it has ${name.length} characters, allowed are ${LONGEST}`;
    throw new RingmasterError('RM_REQUEST_INVALID', [`match pattern invalid: ${why}`]);
  }
  const watchers = context.supervisor.watchers();
  const matches = method === 'glob' ? globTest(name) : regexTest(name, method, watchers);
  const matched = watchers.filter(matches);
  if (matched.length === 0) throw unknownWatcher(context.supervisor, name);
  return matched;
}

type Test = (watcher: WatcherApi, index: number) => boolean;

function globTest(glob: string): Test {
  const pattern = globPattern(glob);
  return ({ name }) => pattern.test(name);
}

/** A pattern may be such that to look for it takes years: only a script of its own can be given up. @throws RM_REQUEST_INVALID */
function regexTest(source: string, method: string, watchers: readonly WatcherApi[]): Test {
  const pattern = regexPattern(source, method);
  const names = watchers.map(({ name }) => name);
  try {
    const matches: readonly boolean[] = runInNewContext(
      'names.map((name) => pattern.test(name))',
      { pattern, names },
      { timeout: DEADLINE_MS },
    );
    return (_, index) => matches[index] === true;
  } catch (cause) {
    throw new RingmasterError('RM_REQUEST_INVALID', ['match pattern takes too long'], { cause });
  }
}

function regexPattern(source: string, method: string): RegExp {
  if (method !== 'regex') {
    throw new RingmasterError('RM_REQUEST_INVALID', [`unknown match method ${pythonText(method)}, allowed are glob, simple and regex`]);
  }
  try {
    // Python names groups with a P.
    return new RegExp(`^(?:${source.replaceAll('(?P<', '(?<')})`, 'i');
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
  const chunks: string[] = [''];
  for (const [token, not, set] of glob.matchAll(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g)) {
    if (token !== '*') chunks.push(`${chunks.pop()}${tokenSource(token, not, set)}`);
    else if (chunks.length === 1 || chunks.at(-1) !== '') chunks.push('');
  }
  const [first = '', ...after] = chunks;
  const last = after.pop();
  // The first place where a chunk fits is as good as those after it, so none is tried again: that could take years.
  const between = after.map((chunk, index) => `(?=([\\s\\S]*?${chunk}))\\${index + 1}`).join('');
  return new RegExp(`^${first}${between}${last === undefined ? '' : `[\\s\\S]*${last}`}$`, 'i');
}

function tokenSource(token: string, not: string | undefined, set: string | undefined): string {
  if (set !== undefined && set !== '') return `[${not === '!' ? '^' : ''}${setSource(set)}]`;
  if (set === '') return not === '!' ? '\\[!\\]' : '\\[\\]';
  if (token === '?') return '[\\s\\S]';
  return token.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** The inside of a set. A range that runs backwards matches nothing. */
function setSource(set: string): string {
  const escaped = (character: string): string => character.replaceAll(/[\\\]^-]/g, '\\$&');
  return set.replaceAll(/([\s\S])-([\s\S])|[\s\S]/g, (token, from: string | undefined, to: string | undefined) => {
    if (from === undefined || to === undefined) return escaped(token);
    return from <= to ? `${escaped(from)}-${escaped(to)}` : '';
  });
}
