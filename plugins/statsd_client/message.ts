/** Whether one more message is sent, and what is left over for the next. */
export interface Share {
  readonly sent: boolean;
  readonly left: number;
}

/**
 * Lets the share `rate` of messages through, evenly and beginning with the first, so that the sum comes out right.
 *
 * @param left what the message before left over; undefined for the first one
 */
export function sample(rate: number, left: number | undefined): Share {
  const sum = left === undefined ? 1 : left + rate;
  // Ten times 0.1 is a little less than 1.
  return sum >= 1 - 1e-9 ? { sent: true, left: sum - 1 } : { sent: false, left: sum };
}

export interface Figure {
  /** With its prefix. */
  readonly name: string;
  readonly value: number | string;
  /** Counter, gauge, milliseconds. */
  readonly type: 'c' | 'g' | 'ms';
  readonly rate: number;
  /** `env:prod,role:web`, or empty. */
  readonly tags: string;
}

/** One message of the statsd protocol; characters with a meaning in it become `_`. @source Circus's StatsdClient; DogStatsD for tags */
export function message({ name, value, type, rate, tags }: Figure): string {
  const share = rate === 1 ? '' : `|@${rate}`;
  const tagged = tags === '' ? '' : `|#${tags}`;
  return `${name.replaceAll(/[:|@\n]/g, '_')}:${value}|${type}${share}${tagged}`;
}
