import { expectArguments, objectOf } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name } from '../properties.js';
import { printTroubles, troubles, troublesOf } from '../troubles.js';

export const status = builtInCommand({
  name: 'status',
  summary: 'Show whether watchers are active',
  description:
    'Tells whether they are active, starting, stopping or stopped: of all watchers by name, or, in place of `ok`, of the one named.',
  request: { type: 'object', properties: { name } },
  reply: {
    type: 'object',
    properties: { statuses: { type: 'object', additionalProperties: { enum: ['active', 'starting', 'stopping', 'stopped'] } }, troubles },
  },
  run(context, properties) {
    if (properties.name !== undefined) return { status: findWatcher(context, properties.name).status };
    const statuses = Object.fromEntries(context.supervisor.watchers().map((watcher) => [watcher.name, watcher.status]));
    return { statuses, ...troublesOf(context.supervisor) };
  },
  cli: {
    usage: '[<name>]',
    options: [],
    completes: 'watchers',
    message(args) {
      expectArguments(args, 0, 1, 'status [<name>]');
      return args[0] === undefined ? {} : { name: args[0] };
    },
    print(reply) {
      if (!('statuses' in reply)) return reply.status;
      const statuses = Object.entries(objectOf(reply.statuses)).sort(([a], [b]) => (a < b ? -1 : 1));
      return [...statuses.map(([watcher, status]) => `${watcher}: ${status}`), ...printTroubles(reply)].join('\n');
    },
  },
});
