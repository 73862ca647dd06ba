import type { Random } from './random.js';

/** Requests to begin with: no mixture of them does lasting harm. */
const CORPUS: readonly string[] = [
  { id: 1, command: 'list', properties: {} },
  { id: 'x', command: 'list', properties: { name: 'web' } },
  { id: 2, command: 'status', properties: { name: 'web' } },
  { id: 3, command: 'options', properties: { name: 'web' } },
  { id: 4, command: 'get', properties: { name: 'web', keys: ['numprocesses', 'cmd'] } },
  { id: 5, command: 'numprocesses', properties: { name: 'web' } },
  { id: 6, command: 'globaloptions', properties: { option: 'endpoint' } },
  { id: 7, command: 'signal', properties: { name: 'web', signum: 'CONT', recursive: true, pid: 1 } },
  { id: 8, command: 'set', properties: { name: 'nobody', options: { graceful_timeout: 3 } } },
  { id: 9, command: 'kill', properties: { name: 'nobody', signum: 15, graceful_timeout: 1.5, waiting: true } },
  { id: 10, command: 'reload', properties: { name: 'nobody', sequential: true, waiting: false } },
  { id: 11, command: 'plugin_reconfigure', properties: { name: 'nobody', options: { a: [1, { b: null }] } } },
  { id: null, command: 'dstats', properties: null },
].map((request) => JSON.stringify(request));

/** What breaks parsers. */
const POISON: readonly string[] = [
  '\u0000',
  '"',
  '\\',
  '\\ud800',
  '{',
  '[',
  '}',
  ',',
  ':',
  '1e999',
  '-0',
  '9007199254740993',
  'null',
  'NaN',
  '"__proto__":',
  '"constructor":{"prototype":1},',
  '\ufeff',
  '[['.repeat(2000),
  '{"a":'.repeat(2000),
  'x'.repeat(5000),
];

/** One message that is probably malformed. The frames after the first make it one that nobody answers. */
export function fuzzedMessage(random: Random): readonly Buffer[] {
  const body = fuzzedBody(random);
  const chance = random.number();
  if (chance < 0.02) return [Buffer.alloc(0), body];
  if (chance < 0.04) return [body, Buffer.from('more'), Buffer.alloc(random.between(0, 300))];
  return [body];
}

function fuzzedBody(random: Random): Buffer {
  if (random.chance(0.05)) return noise(random, random.between(0, 2000));
  let bytes: Buffer = Buffer.from(random.pick(CORPUS));
  for (let times = random.between(1, 6); times > 0; times--) bytes = mutated(bytes, random);
  return bytes;
}

function mutated(bytes: Buffer, random: Random): Buffer {
  const at = random.between(0, bytes.length);
  const to = random.between(at, Math.min(bytes.length, at + 20));
  const [before, inside, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random.between(0, 6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, inside, inside, after]);
    case 2:
      return Buffer.concat([before, noise(random, inside.length), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(random.pick(POISON)), inside, after]);
    case 4:
      return Buffer.concat([before, Buffer.from(random.pick(POISON)), after]);
    case 5:
      // Two requests grown into one, the second of those that are about nobody.
      return Buffer.concat([before, Buffer.from(random.pick(CORPUS.slice(-6))).subarray(random.between(0, 30))]);
    default:
      return Buffer.from(before);
  }
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random.between(0, 255)));
}
