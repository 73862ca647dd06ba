import { setTimeout as sleep } from 'node:timers/promises';
import { type Io, understood, type Verb, type VerbOption, type VerbValues, visibleJson } from '../../../core/index.js';
import { listOf } from '../arguments.js';
import type { AuditEntry } from '../audit.js';
import { auditRow } from '../audit-text.js';
import type { Client } from '../client.js';
import { audit, auditCli } from '../commands/audit.js';
import { commandOptions } from './command-options.js';
import { controlVerb, talking } from './control-verb.js';
import { withClient } from './talk.js';

const FOLLOW: VerbOption = { name: 'follow', short: 'f', summary: 'go on with what is asked for from now on' };
const LOOK_MS = 500;
const once = controlVerb(audit, auditCli);

/** `audit` as each command, and with `--follow` one line for each change as it comes. */
export const auditVerb: Verb = {
  ...once,
  options: [FOLLOW, ...once.options],
  examples: ['ringmaster audit web --last 10', 'ringmaster audit -f --json'],
  run(args, values, io) {
    if (values.follow !== true) return once.run(args, values, io);
    return talking('audit', auditCli.usage, values, io, async (target) => {
      const properties = auditCli.message(args, commandOptions(audit, values));
      await withClient(target, (client) => follow(client, properties, values, io));
    });
  },
};

/** Asks again and again for what is newer. */
async function follow(client: Client, properties: Readonly<Record<string, unknown>>, values: VerbValues, io: Io): Promise<never> {
  for (let more: Readonly<Record<string, unknown>> = properties; ; ) {
    const reply = await client.call('audit' as string, { ...more });
    // The daemon wrote them by the same type.
    for (const entry of listOf(reply.entries) as readonly AuditEntry[]) {
      const line = values.json === true ? visibleJson(entry) : await understood('the reply to audit', () => auditRow(entry).join('  '));
      io.stdout.write(`${line}\n`);
    }
    const { last: _, ...rest } = properties;
    more = { ...rest, after: reply.seq };
    await sleep(LOOK_MS);
  }
}
