import type { Libc } from './libc.js';

const POINTER_BYTES = 8;

/** An environment as execve(2) takes it: pointers, a null, and the texts that they point to, in one piece of memory that stays in its place. */
export function envBlock(libc: Libc, env: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(env).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
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
