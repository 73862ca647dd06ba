import { objectOf } from '../arguments.js';
import type { Client } from '../client.js';
import type { Reply } from '../command.js';
import { printTroubles } from '../troubles.js';
import { type StatusRow, statusTable } from './status-table.js';

type Asking = Pick<Client, 'call'>;

/** So many are asked about at once: each has a deadline of its own, and nobody else is to wait for all of them. */
const AT_ONCE = 100;

/** The table for a reply of `status` that covers all watchers; asks the daemon for the rest of it. */
export async function statusOverview(client: Asking, reply: Reply): Promise<string> {
  const statuses = Object.entries(reply.statuses as Readonly<Record<string, string>>).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows: StatusRow[] = [];
  while (rows.length < statuses.length) {
    const next = statuses.slice(rows.length, rows.length + AT_ONCE);
    rows.push(...(await Promise.all(next.map(([name, status]) => rowOf(client, name, status)))));
  }
  return [rows.length === 0 ? 'no watchers' : statusTable(rows), ...printTroubles(reply)].join('\n');
}

/** `numprocesses` as a command counts what runs; as an option it is how many are wanted. */
async function rowOf(client: Asking, name: string, status: string): Promise<StatusRow> {
  const [list, { options }] = await Promise.all([client.call('list', { name }), client.call('get', { name, keys: ['numprocesses'] })]);
  return { name, status, wanted: Number(objectOf(options).numprocesses), pids: list.pids as readonly number[] };
}
