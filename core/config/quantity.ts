import type { Quantity } from '../json-schema.js';
import { signalNumber } from '../signals.js';

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
const POWERS = 'kmgt';

/** What a person may write for each kind of quantity, in words. */
export const QUANTITY_WORDS: Readonly<Record<Quantity, string>> = {
  duration: 'a number of seconds or text such as "250ms", "30s", "5m", "1.5h"',
  size: 'a number or text such as "10KiB", "200M", "1G"',
  signal: 'a signal number or name such as "TERM", "SIGHUP", "RTMIN+1"',
  octal: 'octal text such as "022"',
};

/**
 * The number that a quantity written as text or number stands for, null for no limit, undefined for what can't be read.
 *
 * @param nullable  whether empty text, `infinity`, `unlimited` and -1 mean no limit (sizes), and empty text means none (octal)
 */
export function parseQuantity(quantity: Quantity, found: string | number, nullable: boolean): number | null | undefined {
  if (quantity === 'signal') return parseSignal(found);
  if (typeof found === 'number') return quantity === 'size' && nullable && found === -1 ? null : found;
  const text = found.trim();
  if (quantity === 'octal') {
    if (text === '' && nullable) return null;
    return /^(?:0o)?[0-7]{1,5}$/i.test(text) ? Number.parseInt(text.replace(/^0o/i, ''), 8) : undefined;
  }
  if (quantity === 'size') {
    if (nullable && /^(?:|infinity|unlimited|-1)$/i.test(text)) return null;
    return parseSize(text);
  }
  const match = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(ms|s|m|h|d)?$/i.exec(text);
  // Multiplied after scaling to milliseconds, so that 250ms is 0.25 and not 0.25000000000000006.
  return match === null ? undefined : Math.round(Number(match[1]) * (SECONDS[match[2]?.toLowerCase() ?? 's'] ?? 1) * 1e6) / 1e6;
}

function parseSize(text: string): number | undefined {
  const match = /^([+-]?\d+(?:\.\d+)?)\s*(?:([kmgt])i?b?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const power = match[2] === undefined ? 0 : POWERS.indexOf(match[2].toLowerCase()) + 1;
  return Math.round(Number(match[1]) * 1024 ** power);
}

function parseSignal(found: string | number): number | undefined {
  try {
    return signalNumber(found);
  } catch {
    // The caller reports undefined as a problem, in the words of QUANTITY_WORDS.
    return undefined;
  }
}
