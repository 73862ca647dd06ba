import type { Client } from '../client.js';
import type { Reply } from '../command.js';
import { printTroubles } from '../troubles.js';
import { type StatusRow, statusTable } from './status-table.js';

/** The table for a reply of `status` that covers all watchers; asks the daemon for the rest of it. */
export async function statusOverview(client: Client, reply: Reply): Promise<string> {
  const statuses = Object.entries(reply.statuses as Readonly<Record<string, string>>).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = await Promise.all(statuses.map(([name, status]) => rowOf(client, name, status)));
  return [rows.length === 0 ? 'no watchers' : statusTable(rows), ...printTroubles(reply)].join('\n');
}

async function rowOf(client: Client, name: string, status: string): Promise<StatusRow> {
  const [list, count] = await Promise.all([client.call('list', { name }), client.call('numprocesses', { name })]);
  return { name, status, wanted: Number(count.numprocesses), pids: list.pids as readonly number[] };
}
