import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const NEWLINE = 10;
const PIECE = 65_536;

/**
 * The last lines of some files, taken as one; the files are read from the end, no more of them than needed.
 *
 * @param files oldest first
 * @param count how many lines
 * @param end where the last file is taken to end, bytes
 */
export function lastLines(files: readonly string[], count: number, end = Number.POSITIVE_INFINITY): Buffer {
  const pieces: Buffer[] = [];
  let wanted = count + 1;
  for (const [age, file] of [...files].reverse().entries()) {
    for (const piece of backwards(file, age === 0 ? end : Number.POSITIVE_INFINITY)) {
      if (pieces.length === 0 && piece[piece.length - 1] !== NEWLINE) wanted--;
      const begin = nthNewlineFromEnd(piece, wanted);
      if (begin.at >= 0) return Buffer.concat([piece.subarray(begin.at + 1), ...pieces.reverse()]);
      wanted -= begin.seen;
      pieces.push(piece);
    }
  }
  return Buffer.concat(pieces.reverse());
}

/** The whole of a file from `offset` on, and where that ends. */
export function readFrom(fd: number, offset: number): Buffer {
  const size = fstatSync(fd).size;
  const bytes = Buffer.alloc(Math.max(0, size - offset));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
}

function* backwards(file: string, limit: number): Generator<Buffer> {
  const fd = openSync(file, 'r');
  try {
    for (let end = Math.min(fstatSync(fd).size, limit); end > 0; ) {
      const begin = Math.max(0, end - PIECE);
      const piece = Buffer.alloc(end - begin);
      yield piece.subarray(0, readSync(fd, piece, 0, piece.length, begin));
      end = begin;
    }
  } finally {
    closeSync(fd);
  }
}

/** Where the newline is that is the nth from the end; -1 where there are fewer, and how many there are. */
function nthNewlineFromEnd(bytes: Buffer, nth: number): { readonly at: number; readonly seen: number } {
  let at = bytes.length;
  for (let seen = 0; seen < nth; seen++) {
    at = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1);
    if (at < 0) return { at, seen };
  }
  return { at, seen: nth };
}
