import type { Findings, Path } from './problem.js';

export type JsonObject = Record<string, unknown>;

/** Far deeper than any config, and far from the end of the stack. */
const DEEPEST = 100;

/** Whether a value is an object with keys: no list, no null, no instance of a class. */
export function isObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value's own property, and undefined for what it only inherits. */
export function own(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The object under a key, made where there is none. */
export function objectIn(parent: JsonObject, key: string): JsonObject {
  const there = own(parent, key);
  if (isObject(there)) return there;
  const made: JsonObject = {};
  parent[key] = made;
  return made;
}

/** A copy of a value that is JSON; what is not (functions, dates, cycles) is reported and left out. Keys with undefined are left out. */
export function cloneJson(value: unknown, path: Path, findings: Findings, above: readonly unknown[] = []): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (above.length > DEEPEST) {
    const allowed = `at most ${DEEPEST} objects and lists inside each other`;
    findings.error(path.slice(0, 3), { message: `is nested too deeply, allowed are ${allowed}`, allowed });
    return undefined;
  }
  const circular = above.includes(value);
  if (Array.isArray(value) && !circular) return value.map((item, at) => cloneJson(item, [...path, at], findings, [...above, value]));
  if (isObject(value) && !circular) return cloneObject(value, path, findings, [...above, value]);
  const found = circular ? 'an object inside itself' : nameOf(value);
  findings.error(path, { message: `must be JSON, got ${found}`, found, allowed: 'an object, a list, text, a number, true, false or null' });
  return undefined;
}

function cloneObject(value: JsonObject, path: Path, findings: Findings, above: readonly unknown[]): JsonObject {
  const copy: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const at = [...path, key];
    if (key === '__proto__') findings.error(at, { message: 'is a name that can’t be used' });
    else {
      const cloned = cloneJson(member, at, findings, above);
      if (cloned !== undefined) copy[key] = cloned;
    }
  }
  return copy;
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (typeof value === 'object' && value instanceof Date) return 'a date';
  return typeof value === 'function' ? 'a function' : `a ${typeof value}`;
}
