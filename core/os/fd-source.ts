import type { FdSource, SpawnRequest } from './port.js';

/** What a descriptor is in the end, where it is the same as another, and under which number that is said. */
export function sourceOf(
  fds: SpawnRequest['fds'],
  fd: number,
): { readonly fd: number; readonly source: Exclude<FdSource, { kind: 'same' }> } {
  const source = fds.get(fd) ?? { kind: 'null' };
  return source.kind === 'same' ? sourceOf(fds, source.as) : { fd, source };
}

const STANDARD = [0, 1, 2];

/** The descriptors that a process gets, ascending: 0, 1 and 2 always. */
export function numbersOf(fds: SpawnRequest['fds']): readonly number[] {
  if (STANDARD.every((fd) => fds.has(fd)) && fds.size === STANDARD.length) return STANDARD;
  return [...new Set([0, 1, 2, ...fds.keys()])].sort((a, b) => a - b);
}
