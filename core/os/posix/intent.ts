import { crc32 } from 'node:zlib';
import type { OutputMark } from '../port.js';

/** What is about to be written where. */
export interface Intent extends OutputMark {
  /** Counts up. */
  readonly sequence: number;
  /** Index of the pipe that the bytes are from. */
  readonly pipe: number;
  /** How many there are. */
  readonly bytes: number;
}

/** Numbers of 8 bytes each, in this order, and then their CRC-32. */
const FIELDS = ['sequence', 'pipe', 'bytes', 'dev', 'ino', 'size'] as const satisfies readonly (keyof Intent)[];
const NUMBER_BYTES = 8;
const CRC_AT = FIELDS.length * NUMBER_BYTES;
/** Size of an intent as it is kept. */
export const INTENT_BYTES = CRC_AT + NUMBER_BYTES;

export function writeIntent(buffer: Buffer, intent: Intent): void {
  for (const [index, field] of FIELDS.entries()) buffer.writeDoubleLE(intent[field], index * NUMBER_BYTES);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, CRC_AT)), CRC_AT);
}

/** Null where it is damaged. */
export function readIntent(buffer: Buffer): Intent | null {
  if (buffer.readUInt32LE(CRC_AT) !== crc32(buffer.subarray(0, CRC_AT))) return null;
  const [sequence = 0, pipe = 0, bytes = 0, dev = 0, ino = 0, size = 0] = FIELDS.map((_, index) =>
    buffer.readDoubleLE(index * NUMBER_BYTES),
  );
  return { sequence, pipe, bytes, dev, ino, size };
}
