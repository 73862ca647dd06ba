import { constants } from 'node:os';
import { RingmasterError } from './errors.js';

const NUMBERS: Readonly<Record<string, number>> = {
  ...constants.signals,
  ...(process.platform === 'linux' ? { SIGRTMIN: 34, SIGRTMAX: 64 } : {}),
};

/**
 * The number of a signal.
 *
 * @param found a number, digits, or a name with or without SIG and with an offset: `TERM`, `SIGHUP`, `RTMIN+1`
 * @throws RM_SIGNAL_INVALID
 * @source Circus's to_signum; signal(7)
 */
export function signalNumber(found: unknown): number {
  if (typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= 64) return found;
  if (typeof found === 'string') {
    if (/^\d+$/.test(found.trim())) return signalNumber(Number(found));
    const match = /^(?:SIG)?([A-Z][A-Z0-9]*)(?:\s*\+\s*(\d+))?$/i.exec(found.trim());
    const base = NUMBERS[`SIG${match?.[1]?.toUpperCase()}`];
    if (base !== undefined) return signalNumber(base + Number(match?.[2] ?? 0));
  }
  throw new RingmasterError('RM_SIGNAL_INVALID', [JSON.stringify(found) ?? String(found)]);
}

/** Of several names of one signal the first. */
const NAMES = new Map(
  Object.entries(constants.signals)
    .map(([name, signum]): [number, string] => [signum, name])
    .reverse(),
);

/** The name of a signal: `SIGTERM` for 15; `SIGRTMIN+1` for 35; the number where it has none. */
export function signalName(signum: number): string {
  const name = NAMES.get(signum);
  if (name !== undefined) return name;
  return signum >= 34 && signum <= 64 ? `SIGRTMIN+${signum - 34}` : String(signum);
}
