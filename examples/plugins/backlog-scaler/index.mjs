import { readFile } from 'node:fs/promises';
import { definePlugin, messageOf } from 'ringmaster';

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/**
 * How many connections wait to be accepted at a port, by /proc/net/tcp; null where nobody listens there.
 *
 * @param {string} table
 * @param {number} port
 */
export function backlogOf(table, port) {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, local = '', , state]) => state === LISTEN && Number.parseInt(local.split(':')[1] ?? '', 16) === port);
  if (listening.length === 0) return null;
  return listening.reduce((sum, row) => sum + Number.parseInt(row[4]?.split(':')[1] ?? '0', 16), 0);
}

/**
 * @param {number} now how many processes there are
 * @param {number} backlog
 * @param {{above: number, min: number, max: number}} options
 */
export function wanted(now, backlog, { above, min, max }) {
  const next = backlog > above ? now + 1 : backlog === 0 ? now - 1 : now;
  return Math.min(max, Math.max(min, next));
}

export default definePlugin({
  name: 'backlog_scaler',
  summary: 'Gives a watcher more processes while connections wait at a socket, and fewer when none do.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['watcher', 'socket'],
    properties: {
      watcher: { type: 'string', description: 'Whose processes.', examples: ['web'] },
      socket: { type: 'string', description: 'Name of the managed socket.', examples: ['web'] },
      above: { type: 'integer', minimum: 0, default: 5, description: 'How many may wait before there is one process more.' },
      min: { type: 'integer', minimum: 0, default: 1, description: 'Fewest processes.' },
      max: { type: 'integer', minimum: 1, default: 8, description: 'Most processes.' },
      every: {
        type: ['number', 'string'],
        quantity: 'duration',
        unit: 's',
        exclusiveMinimum: 0,
        default: 1,
        description: 'How often to look.',
      },
      table: { type: 'string', default: '/proc/net/tcp', description: 'Where the kernel tells of sockets; /proc/net/tcp6 for IPv6.' },
    },
  },
  hooks: ['ready'],
  setup({ config, hooks, supervisor, clock, log, signal, report }) {
    async function look() {
      const watcher = supervisor.find(config.watcher);
      const socket = supervisor.sockets().find(({ name }) => name === config.socket);
      if (watcher?.status !== 'active' || socket === undefined || socket.port === null) return;
      const backlog = backlogOf(await readFile(config.table, 'utf8'), socket.port);
      if (backlog === null || signal.aborted) return;
      const count = wanted(watcher.numprocesses, backlog, config);
      if (count === watcher.numprocesses) return;
      log.info(`${backlog} connections wait: ${count} processes`, { watcher: watcher.name });
      await watcher.setNumprocesses(count);
    }
    const again = () => {
      look()
        .catch((error) => report(`looking at ${config.table}: ${messageOf(error)}`, error))
        .finally(() => !signal.aborted && clock.setTimeout(again, config.every * 1000));
    };
    hooks.ready.tap(again);
  },
});
