/** What has been looked through; not what is quicker looked at again. */
const frozen = new WeakSet<object>();
const FEW = 8;

/** Whether `value` is an array or an object of no class, as data from JSON is. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Freezes plain data in place, all the way down; objects of a class are left as they are. */
export function freezeData<T>(value: T): T {
  if (!isPlain(value) || frozen.has(value)) return value;
  const parts = Object.values(value);
  if (parts.length > FEW || parts.some(isObject)) {
    frozen.add(value);
    for (const part of parts) freezeData(part);
  }
  return Object.freeze(value);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
