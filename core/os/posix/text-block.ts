import type { Libc } from './libc.js';

const POINTER_BYTES = 8;

/** A text as C has it, with its zero. */
export const cText = (text: string): Buffer => Buffer.from(`${text}\0`);

/** Texts as execve(2) takes words and variables: pointers, a null, and what they point to, in one piece of memory that stays in its place. */
export function textBlock(libc: Pick<Libc, 'addressOf'>, all: readonly string[]): Buffer {
  const texts = all.map(cText);
  const table = (texts.length + 1) * POINTER_BYTES;
  const block = Buffer.alloc(texts.reduce((sum, { length }) => sum + length, table));
  const base = libc.addressOf(block);
  let at = table;
  for (const [index, text] of texts.entries()) {
    block.writeBigUInt64LE(base + BigInt(at), index * POINTER_BYTES);
    block.set(text, at);
    at += text.length;
  }
  return block;
}
