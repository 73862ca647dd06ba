/** What the clocks of a time zone show. */
export interface Zone {
  readonly name: string;
  /** Milliseconds to add to UTC at this instant, to get what the clocks show. */
  offsetAt(epoch_ms: number): number;
}

/** @returns undefined where there is no such time zone; null names that of the machine */
export function zoneNamed(name: string | null): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...(name === null ? {} : { timeZone: name }),
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return {
    name: format.resolvedOptions().timeZone,
    offsetAt(epoch_ms) {
      const whole = Math.floor(epoch_ms / 1000) * 1000;
      const parts = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
      return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
    },
  };
}

/**
 * The instants at which the clocks show this time: one, two where they are put back over it, none where they are put forward over it.
 *
 * @param local_ms the time shown, as if it were UTC
 * @param offsets those that the zone has around then
 */
export function instantsOf(local_ms: number, zone: Zone, offsets: readonly number[]): readonly number[] {
  const found = new Set(offsets.map((offset) => local_ms - offset).filter((epoch_ms) => zone.offsetAt(epoch_ms) === local_ms - epoch_ms));
  return [...found].sort((a, b) => a - b);
}
