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
  if (isMuch(value)) {
    frozen.add(value);
    for (const part of Object.values(value)) freezeData(part);
  }
  return Object.freeze(value);
}

/** Whether it has many parts, or such as have parts themselves. */
function isMuch(value: object): boolean {
  if (Array.isArray(value)) return value.length > FEW || value.some(isObject);
  let count = 0;
  for (const name in value) if (++count > FEW || isObject((value as Readonly<Record<string, unknown>>)[name])) return true;
  return false;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
