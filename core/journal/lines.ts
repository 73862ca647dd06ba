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
  /** Of the lines that are whole, oldest first. */
  readonly values: readonly unknown[];
  /** Where the first line begins that is not, and how much of all does not count; zero where all does. */
  readonly bad_at: number;
  readonly bad_bytes: number;
}

/**
 * Reads all lines but those that are cut or damaged: each has all there is to know of its key, and rests on no other. Zeros at the end are room
 * that was set aside.
 */
export function readJournalLines(bytes: Uint8Array): JournalLines {
  let written = bytes.byteLength;
  while (written > 0 && bytes[written - 1] === 0) written--;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, written);
  const values: unknown[] = [];
  let [bad_at, bad_bytes] = [0, 0];
  for (let at = 0; at < buffer.length; ) {
    const newline = buffer.indexOf(NEWLINE, at);
    const next = newline < 0 ? buffer.length : newline + 1;
    const value = newline < 0 ? undefined : lineValue(buffer.subarray(at, newline));
    if (value !== undefined) values.push(value);
    else {
      if (bad_bytes === 0) bad_at = at;
      bad_bytes += next - at;
    }
    at = next;
  }
  return { values, bad_at, bad_bytes };
}

/** Undefined where it is damaged, or no JSON, which no journal of ours has. */
function lineValue(line: Buffer): unknown {
  const text = line.subarray(CRC_DIGITS + 1);
  if (line.toString('latin1', 0, CRC_DIGITS + 1) !== `${checksum(text)} `) return undefined;
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
}

function checksum(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(CRC_DIGITS, '0');
}
