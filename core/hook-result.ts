import { isPlain } from './freeze.js';
import type { HookKind, HookName } from './hooks.js';

/** A result that a hook does not allow. */
export interface BadResult {
  readonly found: string;
  readonly allowed: string;
}

/** What was returned, in words that fit into one line. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (isThenable(value)) return 'a promise';
  if (Array.isArray(value)) return 'an array';
  const keys = Object.keys(value);
  return keys.length > 0 ? `an object with ${keys.slice(0, 5).join(', ')}` : 'an empty object';
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => isPlain(value) && !Array.isArray(value);

/** A value that may be passed on by a `decide` or `shape` hook, and how to say so. */
interface Shape {
  readonly allowed: string;
  accepts(value: Readonly<Record<string, unknown>>): boolean;
}

const SHAPES: Readonly<Partial<Record<HookName, Shape>>> = {
  respawn: {
    allowed: "{action: 'respawn' or 'pause', delay_ms, reason} or {action: 'give_up', reason}",
    accepts: ({ action, delay_ms, reason }) =>
      isText(reason) &&
      (action === 'give_up' || ((action === 'respawn' || action === 'pause') && Number.isFinite(delay_ms) && Number(delay_ms) >= 0)),
  },
  spawn_options: {
    allowed: '{argv, file, env, cwd}: texts in argv, at least one, and in env',
    accepts: ({ argv, file, env, cwd }) =>
      Array.isArray(argv) &&
      argv.length > 0 &&
      argv.every(isText) &&
      isText(file) &&
      file !== '' &&
      isText(cwd) &&
      isRecord(env) &&
      Object.values(env).every(isText),
  },
  config: {
    allowed: 'a config with watchers, sockets, plugins and env',
    accepts: ({ watchers, sockets, plugins, env }) => [watchers, sockets, plugins, env].every(isRecord),
  },
};
const ANY_OBJECT: Shape = { allowed: 'an object', accepts: () => true };

/**
 * What is wrong with the result of one tap, or null where it is allowed.
 *
 * @param found what the tap returned, after awaiting it where the hook awaits; null counts as nothing
 */
export function checkResult(hook: HookName, kind: HookKind, found: unknown): BadResult | null {
  if (found === undefined || found === null || kind === 'step' || kind === 'watch') return null;
  if (kind === 'gate') {
    if (typeof found === 'boolean' || (isRecord(found) && isText(found.veto))) return null;
    return { found: describeValue(found), allowed: 'false, {veto: reason} or nothing' };
  }
  const shape = SHAPES[hook] ?? ANY_OBJECT;
  if (isRecord(found) && shape.accepts(found)) return null;
  return { found: describeValue(found), allowed: `${shape.allowed}, or nothing` };
}
