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
    'The control plugin keeps the last audit_entries of them, over upgrades, until the daemon ends; its log has them too, and plugins get ' +
    'each as an event.',
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
            seq: { type: 'integer', description: "Counts from 1 since the daemon's start, over upgrades." },
            time: { type: 'number', description: 'When it ended, seconds since the epoch.' },
            who: { type: 'string', description: '`local`, or `key NAME`.' },
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
    },
  },
  run({ audit: { entries, seq } }, { name: wanted, after = 0, last }) {
    const newer = entries.filter((entry) => entry.seq > after);
    const found = wanted === undefined ? newer : newer.filter(({ watcher }) => watcher.toLowerCase() === wanted.toLowerCase());
    return { entries: last === undefined ? found : found.slice(-last), seq };
  },
  cli: auditCli,
});

function auditText(reply: Reply): string {
  // The daemon wrote them by the same type.
  const entries = listOf(reply.entries) as readonly AuditEntry[];
  return entries.length === 0 ? 'nothing was asked for yet' : auditTable(entries.map(auditRow));
}
