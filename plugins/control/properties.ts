import { type JsonSchema, type Outcome, RingmasterError } from '../../core/index.js';
import type { ReplyBody } from './command.js';

/** Schemas of properties and reply keys that several commands share. */
export const name = { type: 'string', description: 'Name of the watcher; case is ignored.' } as const satisfies JsonSchema;

export const waiting = {
  type: ['boolean', 'integer', 'null'],
  description: 'Answer when the work is done, with what it did, and not at once.',
} as const satisfies JsonSchema;

export const match = {
  type: 'string',
  description: '`glob` (default), `simple` for the name itself, or `regex`, anchored at the start; case is ignored.',
} as const satisfies JsonSchema;

export const pid = { type: ['integer', 'string'], description: 'Only this process.' } as const satisfies JsonSchema;

export const signum = {
  type: ['integer', 'string'],
  description: 'Signal by number or by name, with or without SIG: 15, TERM, SIGHUP, SIGRTMIN+1.',
} as const satisfies JsonSchema;

export const pids = { type: 'array', items: { type: 'integer' } } as const satisfies JsonSchema;

const instead = {
  type: 'string',
  description: 'Why what was asked for did not come about: a later request, a veto, a command that cannot be started.',
} as const satisfies JsonSchema;

/** Reply of start, stop, restart and reload; `info` only for one watcher and when waiting. */
export const outcomeReply = {
  type: 'object',
  properties: {
    info: {
      type: ['object', 'null'],
      properties: { started: pids, stopped: pids, kept: pids },
      description: 'Pids that were started, stopped and kept, as fits the command; null for stop.',
    },
    instead,
  },
} as const satisfies JsonSchema;

export const noRequest = { type: 'object', properties: {} } as const satisfies JsonSchema;
export const noReply = { type: 'object', properties: {} } as const satisfies JsonSchema;

export type OutcomePart = 'started' | 'stopped' | 'kept';

/** Reply keys of `outcome`, with `info` made of the parts named, or null where none is named. */
export function outcomeInfo(outcome: Outcome, parts: readonly OutcomePart[]): ReplyBody {
  const info = parts.length === 0 ? null : Object.fromEntries(parts.map((part) => [part, outcome[part]]));
  return { info, ...insteadOf(outcome) };
}

export function insteadOf({ instead }: Outcome): ReplyBody {
  return instead === undefined ? {} : { instead };
}

/** A pid that may have come as text from a command line. @throws RM_REQUEST_INVALID */
export function pidNumber(found: number | string, what = 'pid'): number {
  const pid = typeof found === 'string' && /^\s*\d+\s*$/.test(found) ? Number(found) : found;
  if (typeof pid === 'number' && Number.isSafeInteger(pid) && pid >= 0) return pid;
  throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid '${what}' must be a process id, got ${JSON.stringify(found)}`]);
}

/** Seconds that may have come as text from a command line. @throws RM_REQUEST_INVALID */
export function seconds(found: number | string, what: string): number {
  const value = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid '${what}' must be a number of seconds, got ${JSON.stringify(found)}`]);
}
