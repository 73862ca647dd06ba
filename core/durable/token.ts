import type { SpawnRecord } from './records.js';

/** What a spawn is known by: that begins with, and what it takes to make its record anew where that is lost. */
export function spawnToken(beginning: string, { watcher, wid, generation, pipes }: SpawnRecord): string {
  const [stdout = null, stderr = null] = pipes ?? [];
  return [beginning, wid, generation, stdout ?? '', stderr ?? '', Buffer.from(watcher).toString('base64url')].join('.');
}

/** Of the journal that a token is of. */
export function idOf(token: string): string {
  return token.slice(0, token.indexOf('.'));
}

/** Where a spawn stands among all of one journal, and its record as it was when it began; null for what is no token. */
export function understandToken(
  token: string,
): { readonly order: readonly [life: number, count: number]; readonly record: SpawnRecord } | null {
  const parts = /^[^.]+\.(\d{1,15})\.(\d{1,15})\.(\d{1,9})\.(\d{1,9})\.(\d{0,9})\.(\d{0,9})\.([\w-]+)$/.exec(token);
  if (parts === null) return null;
  const [life = 0, count = 0, wid = 0, generation = 0] = parts.slice(1, 5).map(Number);
  const [stdout, stderr] = parts.slice(5, 7).map((part) => (part === '' ? null : Number(part)));
  const pipes = stdout == null && stderr == null ? {} : { pipes: [stdout ?? null, stderr ?? null] as const };
  return { order: [life, count], record: { watcher: Buffer.from(parts[7] ?? '', 'base64url').toString(), wid, generation, ...pipes } };
}
