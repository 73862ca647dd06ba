/** Rows of the table of errors: what can be wrong with a control request. */
export const REQUEST_ERRORS = {
  RM_REQUEST_JSON: {
    message: () => 'json invalid',
    fix: 'send one frame of JSON in UTF-8, without a byte order mark: {"id": …, "command": "list", "properties": {}}',
  },
  RM_REQUEST_INVALID: {
    message: (why: string) => why,
    fix: 'see the command in docs/reference/commands.md',
  },
  RM_REQUEST_TOO_BIG: {
    message: (found_bytes: number, allowed_bytes: number) => `message too big: ${found_bytes} bytes, at most ${allowed_bytes} are read`,
    fix: 'send less, or raise max_message_bytes of the control plugin',
  },
  RM_REQUEST_TOO_MANY: {
    message: (allowed: number) => `too many requests in flight: at most ${allowed} of one client`,
    fix: 'wait for replies before sending more, or raise max_in_flight of the control plugin',
  },
  RM_REQUEST_RATE: {
    message: (allowed_per_s: number, wait_ms: number) =>
      `too many requests: at most ${allowed_per_s} a second of one client, try again in ${wait_ms} ms`,
    fix: 'send less often, or raise max_requests_per_s of the control plugin',
  },
  RM_COMMAND_UNKNOWN: {
    message: (name: string) => `unknown command: ${name}`,
    fix: 'see the commands in docs/reference/commands.md',
  },
  RM_COMMAND_UNSUPPORTED: {
    message: (name: string, why: string) => `cannot run ${name}: ${why}`,
    fix: 'use `ringmaster status`, `stats` and `options` to look inside',
  },
} as const;
