import { crc32 } from 'node:zlib';

const NEWLINE = 0x0a;
const CRC_DIGITS = 8;

/** One line of a journal: the CRC-32 of the JSON text as eight hexadecimal digits, a space, the text, a newline. */
export function journalLine(value: unknown): string {
  const text = JSON.stringify(value);
  return `${checksum(text)} ${text}\n`;
}

/** What was read of a journal. */
export interface JournalLines {
  /** Those of the good beginning, oldest first. */
  readonly values: readonly unknown[];
  /** How long that is, and how much after it does not count. */
  readonly good_bytes: number;
  readonly bad_bytes: number;
}

/**
 * Reads lines up to the first that is cut or damaged: what comes after that can't be trusted, for it may rest on it. Zeros at the end are
 * room that was set aside.
 */
export function readJournalLines(bytes: Uint8Array): JournalLines {
  let written = bytes.byteLength;
  while (written > 0 && bytes[written - 1] === 0) written--;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, written);
  const values: unknown[] = [];
  let at = 0;
  for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, at)) {
    const sum = buffer.toString('latin1', at, at + CRC_DIGITS + 1);
    const text = buffer.subarray(Math.min(at + CRC_DIGITS + 1, end), end);
    if (sum !== `${checksum(text)} `) break;
    const value = parsed(text.toString('utf8'));
    if (value === undefined) break;
    values.push(value);
    at = end + 1;
  }
  return { values, good_bytes: at, bad_bytes: buffer.length - at };
}

/** Undefined where it is no JSON, which no journal of ours has. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checksum(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(CRC_DIGITS, '0');
}
