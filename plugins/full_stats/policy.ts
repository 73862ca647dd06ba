/** What one process uses. */
export interface Use {
  /** Of one processor. */
  readonly cpu_percent: number;
  /** Of the machine's memory. */
  readonly memory_percent: number;
  readonly rss_bytes: number;
}

/** Y, the eighth power of 1024. */
const LARGEST_UNIT = 8;

type Gauge = readonly [name: string, value: string];

/**
 * The gauges of one watcher: only how many processes and spawns there were, where none of them could be looked at.
 *
 * @param spawns how many were spawned so far
 * @source Circus's FullStats; Python writes 2 of something that is measured as 2.0
 */
export function gaugesOf(watcher: string, uses: readonly Use[], spawns: number): readonly Gauge[] {
  const of = (name: string, value: string): Gauge => [`_stats.${watcher}.${name}`, value];
  const counted = [of('spawn_count', String(spawns)), of('watchers_num', String(uses.length))];
  if (uses.length === 0) return counted;
  const both = (name: string, values: readonly number[], text: (value: number) => string): readonly Gauge[] => [
    of(`${name}_max`, text(Math.max(...values))),
    of(`${name}_sum`, text(values.reduce((sum, value) => sum + value, 0))),
  ];
  return [
    ...counted,
    ...both(
      'cpu',
      uses.map((use) => use.cpu_percent),
      measured,
    ),
    ...both(
      'mem_pct',
      uses.map((use) => use.memory_percent),
      measured,
    ),
    ...both(
      'mem',
      uses.map((use) => roundedBytes(use.rss_bytes)),
      String,
    ),
  ];
}

/** Circus has it from text such as 27.25M, which it reads again. */
function roundedBytes(bytes: number): number {
  const power = 1024 ** Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), LARGEST_UNIT);
  return power === 1 ? bytes : Math.floor((Math.round((bytes / power) * 100) / 100) * power);
}

function measured(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
