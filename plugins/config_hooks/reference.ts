import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What `hooks.NAME` of a watcher names. */
export interface HookReference {
  /** Module and export as they were written. */
  readonly text: string;
  readonly module: string;
  readonly name: string;
  /** A failure of the function refuses nothing. */
  readonly ignore_failure: boolean;
}

/** Circus goes on when one of these fails, whatever the config says. */
const FORGIVEN: ReadonlySet<string> = new Set(['before_stop', 'after_stop', 'before_signal', 'after_signal', 'extended_stats']);
const TRUE = /^(?:1|true|yes|on)$/i;

/** Reads `./checks.mjs#redis_is_up,true`; without `#NAME` the module's default export is meant. @source Circus's hooks.NAME */
export function readReference(hook: string, value: string): HookReference {
  const [text = '', ignore = ''] = value.split(',').map((part) => part.trim());
  const [module = '', name = 'default'] = text.split('#');
  return { text, module, name, ignore_failure: FORGIVEN.has(hook) || TRUE.test(ignore) };
}

/** The URL that a module is imported by; `version` makes a changed module a new one. */
export function moduleUrl(module: string, directory: string, version: string): string {
  if (!module.startsWith('.') && !isAbsolute(module)) return module;
  return `${pathToFileURL(resolve(directory, module)).href}?${version}`;
}
