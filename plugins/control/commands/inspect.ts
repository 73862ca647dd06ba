import { closest, HOOKS, type HookCall, type HookCount, type HookWait, RingmasterError, type SupervisorApi } from '../../../core/index.js';
import { expectArguments, listOf } from '../arguments.js';
import { builtInCommand, type Reply } from '../command.js';
import { durationText, textTable, timeText } from '../text-table.js';

/** Calls shown where no number is given. */
const SHOWN = 20;

const call = {
  type: 'object',
  properties: {
    at: { type: 'number', description: 'When it was called, seconds since the epoch.' },
    hook: { type: 'string' },
    plugin: { type: 'string' },
    watcher: { type: ['string', 'null'] },
    time_ms: { type: 'number', description: 'From calling to answering, waiting included.' },
    verdict: { enum: ['ok', 'changed', 'refused', 'failed', 'dropped'] },
    detail: { type: ['string', 'null'], description: 'The reason of a refusal or of a decision, the text of an error.' },
  },
} as const;

export const inspect = builtInCommand({
  name: 'inspect',
  summary: 'Show which plugin ran in which hook, when, for how long and with what verdict',
  description:
    'Tells the last calls of taps, oldest first, with counts of all calls and whoever is waited for right now; of all, or of one hook or ' +
    'plugin. The last 32 calls of each plugin and hook are kept. ok: it had nothing to say; changed: it gave another value; refused: a ' +
    'veto; failed: it threw, gave no answer in time or a wrong one; dropped: it was removed before it answered.',
  request: {
    type: 'object',
    properties: {
      of: { type: 'string', description: 'Name of a hook or of a plugin.' },
      last: { type: 'integer', minimum: 0, description: `How many calls are shown at most; ${SHOWN} where it is not given.` },
    },
  },
  reply: {
    type: 'object',
    properties: {
      calls: { type: 'array', items: call },
      counts: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            hook: { type: 'string' },
            plugin: { type: 'string' },
            calls: { type: 'integer' },
            errors: { type: 'integer' },
            time_ms: { type: 'number' },
          },
        },
      },
      waiting: {
        type: 'array',
        items: { type: 'object', properties: { hook: { type: 'string' }, plugin: { type: 'string' }, since_ms: { type: 'number' } } },
        description: 'Taps whose answers are waited for; since_ms is the monotonic clock of the daemon.',
      },
    },
  },
  run({ supervisor }, { of, last = SHOWN }) {
    const { calls, counts, waiting } = supervisor.inspect();
    if (of !== undefined) mustBeKnown(of, supervisor);
    const isMeant = ({ hook, plugin }: { readonly hook: string; readonly plugin: string }): boolean =>
      of === undefined || hook === of || plugin === of;
    return {
      calls: last === 0 ? [] : calls.filter(isMeant).slice(-last),
      counts: counts.filter(isMeant),
      waiting: waiting.filter(isMeant),
    };
  },
  cli: {
    usage: '[<hook>|<plugin>]',
    options: [{ name: 'last', summary: `how many calls to show at most (${SHOWN})`, kind: 'number', value: 'NUMBER' }],
    message(args, { last }) {
      expectArguments(args, 0, 1, 'inspect [<hook>|<plugin>]');
      return { ...(args[0] !== undefined && { of: args[0] }), ...(last !== undefined && { last }) };
    },
    print: inspectText,
  },
});

/** @throws RM_REQUEST_INVALID for what is neither a hook nor a plugin that is there */
function mustBeKnown(of: string, supervisor: SupervisorApi): void {
  const known = [...Object.keys(HOOKS), ...supervisor.plugins().map(({ name }) => name)];
  if (known.includes(of)) return;
  const meant = closest(of, known);
  throw new RingmasterError('RM_REQUEST_INVALID', [`'${of}' is neither a hook nor a plugin that is there`], {
    context: meant === undefined ? {} : { did_you_mean: meant },
  });
}

function inspectText(reply: Reply): string {
  // The daemon wrote them by the same types.
  const calls = listOf(reply.calls) as readonly HookCall[];
  const counts = (listOf(reply.counts) as readonly HookCount[]).filter((count) => count.calls > 0);
  const waiting = listOf(reply.waiting) as readonly HookWait[];
  if (counts.length === 0) return 'no tap was called';
  const totals = counts.map(({ plugin, hook, calls: count, errors, time_ms }) => {
    return [plugin, hook, String(count), String(errors), durationText(time_ms / count)];
  });
  const lines = calls.map(({ at, plugin, hook, watcher, time_ms, verdict, detail }) => {
    return [timeText(at), plugin, hook, watcher ?? '-', durationText(time_ms), verdict, detail ?? ''];
  });
  return [
    textTable([['PLUGIN', 'HOOK', 'CALLS', 'ERRORS', 'EACH'], ...totals]),
    ...(lines.length === 0 ? [] : ['', textTable([['TIME (UTC)', 'PLUGIN', 'HOOK', 'WATCHER', 'TOOK', 'VERDICT', ''], ...lines])]),
    ...(waiting.length === 0 ? [] : ['', `waiting for ${waiting.map(({ plugin, hook }) => `${plugin} in ${hook}`).join(', ')}`]),
  ].join('\n');
}
