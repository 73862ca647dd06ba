import type { JsonSchema, SupervisorApi, Trouble } from '../../core/index.js';
import { listOf } from './arguments.js';
import type { Reply, ReplyBody } from './command.js';

/** Schema of the reply key that `status` and `why` share. */
export const troubles = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'What it is about: `journal`, `history`, `state_dir` or `config`.' },
      since: { type: 'number', description: 'Seconds since the epoch.' },
      message: { type: 'string' },
    },
  },
  description: 'What the daemon has to do without at present, though it goes on; absent where there is nothing of the kind.',
} as const satisfies JsonSchema;

export function troublesOf(supervisor: SupervisorApi): ReplyBody {
  const all = supervisor.troubles();
  return all.length === 0 ? {} : { troubles: all };
}

/** A line for each, after everything else. */
export function printTroubles(reply: Reply): readonly string[] {
  // The daemon wrote them by the same type.
  return (listOf(reply.troubles) as readonly Trouble[]).map(({ message }) => `trouble: ${message}`);
}
