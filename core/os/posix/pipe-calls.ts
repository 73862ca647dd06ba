import { errno, load } from 'koffi';

/** Calls of the C library about pipes, named as there: loaded by those alone that need them. Each returns -1 where `errno` says why. */
export interface PipeCalls {
  errno(): number;
  read(fd: number, buffer: Uint8Array, bytes: number): number;
  poll(fds: Uint8Array, count: number, timeout_ms: number): number;
  tee(from: number, to: number, bytes: number, flags: number): number;
  /** @param to_position where in a file, as 8 bytes; null for what has no position */
  splice(from: number, from_position: null, to: number, to_position: Uint8Array | null, bytes: number, flags: number): number;
}

export function loadPipeCalls(): PipeCalls {
  const library = load(null);
  const f = (definition: string): ReturnType<typeof library.func> => library.func(definition);
  return {
    errno: () => errno(),
    read: f('long read(int, void *, size_t)'),
    poll: f('int poll(void *, ulong, int)'),
    tee: f('long tee(int, int, size_t, uint)'),
    splice: f('long splice(int, void *, int, void *, size_t, uint)'),
  };
}
