/** What the order of taps depends on. */
export interface Placed {
  readonly plugin: string;
  /** Smaller runs earlier. */
  readonly stage: number;
  /** Plugins whose taps run after this one. */
  readonly before: readonly string[];
}

/**
 * The order in which taps run: by `stage`, then as they were added; a tap with `before` moves up to just before the first
 * tap that it names. Names that are not there, and those that go round in a circle, change nothing.
 *
 * @param taps in the order in which they were added
 */
export function orderTaps<T extends Placed>(taps: readonly T[]): readonly T[] {
  const byStage = taps.toSorted((a, b) => a.stage - b.stage);
  const placed = new Set<T>();
  const climbing = new Set<T>();
  const place = (tap: T): void => {
    if (placed.has(tap) || climbing.has(tap)) return;
    climbing.add(tap);
    for (const other of byStage) if (other.plugin !== tap.plugin && other.before.includes(tap.plugin)) place(other);
    climbing.delete(tap);
    placed.add(tap);
  };
  for (const tap of byStage) place(tap);
  return [...placed];
}

/** Names in `before` that belong to no tap, by the plugin that gives them. */
export function unknownBefore(taps: readonly Placed[]): readonly { readonly plugin: string; readonly name: string }[] {
  const particular = taps.filter((tap) => tap.before.length > 0);
  if (particular.length === 0) return [];
  const plugins = new Set(taps.map((tap) => tap.plugin));
  return particular.flatMap((tap) => tap.before.filter((name) => !plugins.has(name)).map((name) => ({ plugin: tap.plugin, name })));
}
