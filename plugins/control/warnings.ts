import type { JsonSchema } from '../../core/index.js';
import { listOf, printOk } from './arguments.js';
import { type Answering, type Reply, type ReplyBody, Staged } from './command.js';

/** Schema of the reply key that `add` and `set` share. */
export const warnings = {
  type: 'array',
  items: { type: 'string' },
  description: 'What of the options has no effect, or not the one that is meant; absent where there is nothing of the kind.',
} as const satisfies JsonSchema;

export function warningsOf(told: readonly string[]): ReplyBody {
  return told.length === 0 ? {} : { warnings: told };
}

/** Work whose warnings are in the answer, whether that comes at once or when it is done. */
export function withWarnings(done: Promise<ReplyBody>, told: readonly string[]): Answering {
  if (told.length === 0) return done;
  return new Staged(
    Promise.resolve(warningsOf(told)),
    done.then((body) => ({ ...body, ...warningsOf(told) })),
  );
}

/** `ok`, and a line for each warning. */
export function printOkWithWarnings(reply: Reply): string {
  return [printOk(), ...listOf(reply.warnings).map((warning) => `warning: ${String(warning)}`)].join('\n');
}
