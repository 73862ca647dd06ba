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
export function cloneJson(value: unknown, path: Path, findings: Findings): unknown {
  return clone(value, [...path], findings, []);
}

/** @param path, above change on the way, and are in the end what they were */
function clone(value: unknown, path: (string | number)[], findings: Findings, above: unknown[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (above.length > DEEPEST) {
    const allowed = `at most ${DEEPEST} objects and lists inside each other`;
    findings.error(path.slice(0, 3), { message: `is nested too deeply, allowed are ${allowed}`, allowed });
    return undefined;
  }
  const circular = above.includes(value);
  if (!circular && (Array.isArray(value) || isObject(value))) {
    above.push(value);
    const copy = Array.isArray(value) ? cloneList(value, path, findings, above) : cloneObject(value, path, findings, above);
    above.pop();
    return copy;
  }
  const found = circular ? 'an object inside itself' : nameOf(value);
  findings.error(path, { message: `must be JSON, got ${found}`, found, allowed: 'an object, a list, text, a number, true, false or null' });
  return undefined;
}

function cloneList(value: readonly unknown[], path: (string | number)[], findings: Findings, above: unknown[]): unknown[] {
  return value.map((item, at) => {
    path.push(at);
    const cloned = clone(item, path, findings, above);
    path.pop();
    return cloned;
  });
}

function cloneObject(value: JsonObject, path: (string | number)[], findings: Findings, above: unknown[]): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    path.push(key);
    if (key === '__proto__') findings.error(path, { message: 'is a name that can’t be used' });
    else {
      const cloned = clone(member, path, findings, above);
      if (cloned !== undefined) copy[key] = cloned;
    }
    path.pop();
  }
  return copy;
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (typeof value === 'object' && value instanceof Date) return 'a date';
  return typeof value === 'function' ? 'a function' : `a ${typeof value}`;
}
