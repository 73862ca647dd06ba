import { visible } from '../../../core/index.js';
import { expectArguments, listOf } from '../arguments.js';
import type { AuditEntry } from '../audit.js';
import { auditRow, auditTable } from '../audit-text.js';
import { builtInCommand, type CommandCli, type Reply } from '../command.js';
import { name } from '../properties.js';

/** As `ringmaster audit` and circusctl have it. */
export const auditCli: CommandCli = {
  usage: '[<name>]',
  options: [{ name: 'last', summary: 'only so many, the latest (all that are kept)', kind: 'number', value: 'NUMBER' }],
  completes: 'watchers',
  message(args, { last }) {
    expectArguments(args, 0, 1, 'audit [<name>]');
    return { ...(args[0] !== undefined && { name: args[0] }), ...(last !== undefined && { last }) };
  },
  print: auditText,
};

export const audit = builtInCommand({
  name: 'audit',
  summary: 'Show who asked for which change, and what came of it',
  description:
    'Tells the last changes that clients asked for, oldest first, and requests that were refused: when, who, what, and how it ended. `who` is the ' +
    'name of a key; ZeroMQ does not tell whose a connection over a unix socket is: `local` is whoever may open the socket, the owner or root. ' +
    'The control plugin keeps the last audit_entries of them, over upgrades and, where there is a state directory, over crashes, until the ' +
    'daemon is stopped; its log has them too, and plugins get each as an event. A crash is an entry too, by `daemon`; ' +
    'of many in a row the first and the latest.',
  request: {
    type: 'object',
    properties: {
      name: { ...name, description: 'Only changes of this watcher, or of `plugin:NAME`; case is ignored.' },
      after: { type: 'integer', minimum: 0, description: 'Only what came after the entry of that seq.' },
      last: { type: 'integer', minimum: 1, description: 'Only so many, the latest.' },
    },
  },
  reply: {
    type: 'object',
    properties: {
      entries: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            seq: { type: 'integer', description: "Counts from 1 since the daemon's start, over upgrades and crashes." },
            time: { type: 'number', description: 'When it ended, seconds since the epoch.' },
            who: { type: 'string', description: '`local`, `key NAME`, or `daemon` for a crash.' },
            role: { type: 'string', description: 'What whoever that is may do.' },
            connection: { type: 'string', description: 'Tells the connections of clients apart.' },
            command: { type: 'string' },
            watcher: { type: 'string', description: 'Empty where it concerns no single one.' },
            properties: { type: 'object', description: 'What came with it, shortened and without secrets.' },
            result: { enum: ['ok', 'error', 'refused'] },
            took_ms: { type: 'number', description: 'From the request to the end of the work.' },
            reason: { type: 'string', description: 'Why it failed or was refused.' },
          },
        },
      },
      seq: { type: 'integer', description: 'That of the latest of all entries.' },
      none_of: { type: 'string', description: 'The name that was asked for, where no entry that is kept is of it.' },
      watchers: { type: 'array', items: { type: 'string' }, description: 'With none_of: those that there are entries of.' },
      who: { type: 'array', items: { type: 'string' }, description: 'With none_of: those who have asked for something.' },
    },
  },
  run({ audit: { entries, seq } }, { name: wanted, after = 0, last }) {
    const meant = wanted === undefined ? entries : entries.filter(({ watcher }) => watcher.toLowerCase() === wanted.toLowerCase());
    const found = meant.filter((entry) => entry.seq > after);
    const none = wanted === undefined || meant.length > 0 ? {} : { none_of: wanted, ...namesIn(entries) };
    return { entries: last === undefined ? found : found.slice(-last), seq, ...none };
  },
  cli: auditCli,
});

function namesIn(entries: readonly AuditEntry[]): { readonly watchers: readonly string[]; readonly who: readonly string[] } {
  const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].filter((name) => name !== '').sort();
  return { watchers: sorted(entries.map(({ watcher }) => watcher)), who: sorted(entries.map(({ who }) => who)) };
}

function auditText(reply: Reply): string {
  // The daemon wrote them by the same type.
  const entries = listOf(reply.entries) as readonly AuditEntry[];
  if (entries.length > 0) return auditTable(entries.map(auditRow));
  const who = listOf(reply.who);
  if (reply.none_of === undefined || who.length === 0) return 'nothing was asked for yet';
  const watchers = listOf(reply.watchers);
  const there = watchers.length === 0 ? 'no single watcher' : watchers.join(', ');
  return visible(`nothing was asked for of ${reply.none_of}; what is kept is of ${there}, asked for by ${who.join(', ')}`);
}
