import { suggestion } from './did-you-mean.js';
import type { IniEntry } from './ini.js';
import type { JsonObject } from './json-value.js';
import type { Findings, Path } from './problem.js';
import { CONFIG_HOOKS, watcherSchema } from './schema/watcher.js';
import type { DottedKey } from './source.js';

/** Options that are objects and have no key of their own in an ini. */
const NESTED = ['env', 'credentials', 'hooks', 'plugins', 'options', 'stdout', 'stderr', 'stdout_stream', 'stderr_stream'];

/** The keys of `[watcher:NAME]` that Circus knows. */
export const WATCHER_KEYS: readonly string[] = [
  ...Object.keys(watcherSchema.properties).filter((key) => !NESTED.includes(key)),
  ...CONFIG_HOOKS.map((hook) => `hooks.${hook}`),
  'stdout_stream.class',
  'stdout_stream.filename',
  'stderr_stream.class',
  'stderr_stream.filename',
];

/** One `[watcher:NAME]` as a watcher's options, every value still text; keys that nobody knows are kept as freeform options. */
export function addWatcher(
  name: string,
  entries: ReadonlyMap<string, IniEntry>,
  findings: Findings,
): { options: JsonObject; dotted: DottedKey[] } {
  const hooks: JsonObject = {};
  const streams: Record<string, JsonObject> = { stdout_stream: {}, stderr_stream: {} };
  const freeform: JsonObject = {};
  const options: JsonObject = {};
  const dotted: DottedKey[] = [];
  for (const [key, { value, origin }] of entries) {
    const put = (into: JsonObject, path: Path, text: string): void => {
      // The first line of an object is where the object is.
      for (let length = 1; length <= path.length; length++) findings.locate(['watchers', name, ...path.slice(0, length)], origin);
      into[String(path.at(-1))] = text;
    };
    const [, prefix = '', rest = ''] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
    const rlimit = key.startsWith('rlimit_') ? key.toLowerCase() : key;
    if (prefix === 'hooks') put(hooks, ['hooks', rest], value.replace(/\s*,\s*/, ','));
    else if (prefix === 'stdout_stream' || prefix === 'stderr_stream') put(streams[prefix] ?? {}, [prefix, rest], value);
    else if (WATCHER_KEYS.includes(rlimit) || key.startsWith('rlimit_')) put(options, [rlimit], value);
    else if (key === 'env') {
      const fix = `write the variables under [env:${name}]`;
      findings.warn(['watchers', name, key], { message: 'has no effect in a [watcher:…] section', fix }, origin);
    } else {
      put(freeform, ['options', key], value);
      const path = ['watchers', name, 'options', key];
      if (prefix !== '') dotted.push({ watcher: name, plugin: prefix, option: rest, text: value, path });
      else {
        const message = `is no option of a watcher: it is kept as a freeform option`;
        findings.warn(['watchers', name, key], { message, found: key, ...suggestion(key, WATCHER_KEYS) }, origin);
      }
    }
  }
  const nested = Object.entries({ hooks, ...streams, options: freeform }).filter(([, value]) => Object.keys(value).length > 0);
  return { options: { ...options, ...Object.fromEntries(nested) }, dotted };
}
