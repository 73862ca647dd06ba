import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How much more a thread may allocate within one turn. At V8's own limit Node gives a thread 16 MiB more to end in, and one larger
 * allocation there aborts the whole daemon: that limit is further away, and a thread ends itself before.
 */
export const TURN_BYTES = 256 * 1024 * 1024;

/**
 * Makes what ends this thread when its heap is over the limit, to be called between turns.
 *
 * @param limit_bytes what may be in use after a collection
 * @param exceeded    called with how many bytes are
 */
export function heapLimit(limit_bytes: number, exceeded: (used_bytes: number) => void): () => void {
  let collect: (() => void) | null = null;
  return () => {
    if (used() <= limit_bytes) return;
    collect ??= collector();
    collect();
    const used_bytes = used();
    if (used_bytes > limit_bytes) exceeded(used_bytes);
  };
}

function used(): number {
  return getHeapStatistics().used_heap_size;
}

/** `gc()` is there in contexts made after the flag; it collects the heap of this thread alone. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
