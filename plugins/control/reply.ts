import { type ErrorCode, isRingmasterError, messageOf } from '../../core/index.js';
import type { ReplyBody } from './command.js';
import { WrittenNumber } from './exact-id.js';

/** Circus's numbers for what went wrong. */
export const ERRNO = {
  not_specified: 0,
  invalid_json: 1,
  unknown_command: 2,
  message_error: 3,
  os_error: 4,
  command_error: 5,
  bad_message_data: 6,
  /** Ours, not Circus's. */
  forbidden: 7,
} as const;

const ERRNO_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  RM_REQUEST_JSON: ERRNO.invalid_json,
  RM_COMMAND_UNKNOWN: ERRNO.unknown_command,
  RM_FORBIDDEN: ERRNO.forbidden,
  RM_REQUEST_INVALID: ERRNO.message_error,
  RM_REQUEST_TOO_BIG: ERRNO.message_error,
  RM_WATCHER_UNKNOWN: ERRNO.message_error,
  RM_OPTION_INVALID: ERRNO.message_error,
  RM_PLUGIN_OPTIONS: ERRNO.message_error,
  RM_PLUGIN_ABSENT: ERRNO.message_error,
  RM_PLUGIN_EXISTS: ERRNO.message_error,
  RM_PLUGIN_REQUIRED: ERRNO.message_error,
  RM_PLUGIN_FIXED: ERRNO.message_error,
  RM_PROCESS_UNKNOWN: ERRNO.message_error,
  RM_SIGNAL_INVALID: ERRNO.message_error,
};

/** The body of a reply, before it has a time and the id of its request. */
export type Answer = ReplyBody & { readonly status: string };

export function okAnswer(body: ReplyBody = {}): Answer {
  return { status: 'ok', ...body };
}

/** What is answered when a command refuses at once. */
export function errorAnswer(error: unknown): Answer {
  return failure(error, messageOf(error), errnoOf(error));
}

/** What is answered when a command that somebody waits for fails on its way. */
export function lateErrorAnswer(error: unknown): Answer {
  return failure(error, `server error: ${messageOf(error)}`, ERRNO.bad_message_data);
}

function errnoOf(error: unknown): number {
  if (isRingmasterError(error)) return ERRNO_OF[error.code] ?? ERRNO.command_error;
  return error instanceof Error && 'syscall' in error ? ERRNO.os_error : ERRNO.command_error;
}

/** The stack stays here: `tb` is for Circus's clients, who expect the key. */
function failure(error: unknown, reason: string, errno: number): Answer {
  const ours = isRingmasterError(error) ? { code: error.code, fix: error.fix, context: error.context } : {};
  return { status: 'error', reason, tb: null, errno, ...ours };
}

/** The reply as it goes over the wire. An id nested too deeply to be written again is given back as null. */
export function encodeReply(answer: Answer, id: unknown, time_s: number): string {
  // Put together as text: a copy of the answer for two more keys takes longer than writing it.
  return `${JSON.stringify(withoutOurs(answer)).slice(0, -1)},"time":${time_s},"id":${encodeId(id)}}`;
}

/** Time and id are the endpoint's to say. */
function withoutOurs(answer: Answer): Answer {
  if (!('time' in answer || 'id' in answer)) return answer;
  const { time: _, id: __, ...others } = answer;
  return others;
}

function encodeId(id: unknown): string {
  if (id instanceof WrittenNumber) return id.text;
  try {
    return JSON.stringify(id);
  } catch (error) {
    if (error instanceof RangeError) return 'null';
    throw error;
  }
}
