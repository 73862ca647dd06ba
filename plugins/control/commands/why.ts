import type { Decision } from '../../../core/index.js';
import { expectArguments, listOf } from '../arguments.js';
import { builtInCommand, type Reply } from '../command.js';
import { findWatcher } from '../match.js';
import { name } from '../properties.js';
import { durationText, textTable, timeText } from '../text-table.js';
import { printTroubles, troubles, troublesOf } from '../troubles.js';

export const why = builtInCommand({
  name: 'why',
  summary: 'Show why a watcher is as it is: what was decided, by whom and for what reason',
  description:
    'Tells the last decisions about a watcher, oldest first: requests, refusals of hooks, signals that were withheld, pauses, and for each ' +
    'worker id what followed the last end of its process. `by` is the plugin that decided, `request` or `core`.',
  request: { type: 'object', required: ['name'], properties: { name } },
  reply: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      state: { type: 'string', description: "The watcher's status." },
      numprocesses: { type: 'integer', description: 'How many processes are wanted.' },
      running: { type: 'integer', description: 'How many there are.' },
      decisions: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            at: { type: 'number', description: 'Seconds since the epoch.' },
            what: {
              enum: [
                'start',
                'stop',
                'restart',
                'reload',
                'scale',
                'respawn',
                'kill',
                'stuck',
                'pause',
                'give_up',
                'halt',
                'resume',
                'withhold',
                'adopt',
              ],
            },
            by: { type: 'string' },
            hook: { type: ['string', 'null'], description: 'The hook in which a plugin decided.' },
            wid: { type: ['integer', 'null'], description: 'The worker id that it is about.' },
            reason: { type: 'string' },
            delay_ms: { type: ['number', 'null'], description: 'How long is waited before it is done.' },
          },
        },
      },
      troubles,
    },
  },
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    const { status: state, numprocesses } = watcher;
    const running = watcher.processes().length;
    return { name: watcher.name, state, numprocesses, running, decisions: watcher.decisions(), ...troublesOf(context.supervisor) };
  },
  cli: {
    usage: '<name>',
    options: [],
    completes: 'watchers',
    message(args) {
      expectArguments(args, 1, 1, 'why <name>');
      return { name: args[0] };
    },
    print: whyText,
  },
});

function whyText(reply: Reply): string {
  // The daemon wrote them by the same type.
  const decisions = listOf(reply.decisions) as readonly Decision[];
  const rows = decisions.map(({ at, what, by, hook, wid, reason, delay_ms }) => [
    timeText(at),
    wid === null ? '-' : `worker ${wid}`,
    `${what}${delay_ms === null || delay_ms === 0 ? '' : ` in ${durationText(delay_ms)}`}`,
    `${by}${hook === null ? '' : ` (${hook})`}`,
    reason,
  ]);
  const head = `${reply.name}: ${reply.state}, ${reply.running} of ${reply.numprocesses} processes`;
  const body =
    rows.length === 0 ? [`${head}; nothing was decided yet`] : [head, textTable([['TIME (UTC)', '', 'DECISION', 'BY', 'REASON'], ...rows])];
  return [...body, ...printTroubles(reply)].join('\n');
}
