import { expectArguments, listOf } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name, pids } from '../properties.js';

export const list = builtInCommand({
  name: 'list',
  summary: 'List watchers, or the pids of one',
  description: 'Names of all watchers, in lower case and sorted; with a name the pids of that watcher.',
  request: { type: 'object', properties: { name } },
  reply: { type: 'object', properties: { watchers: { type: 'array', items: { type: 'string' } }, pids } },
  run(context, properties) {
    if (properties.name !== undefined)
      return {
        pids: findWatcher(context, properties.name)
          .processes()
          .map((process) => process.pid),
      };
    const names = context.supervisor.watchers().map((watcher) => watcher.name.toLowerCase());
    return { watchers: names.sort() };
  },
  cli: {
    usage: '[<name>]',
    options: [],
    completes: 'watchers',
    message(args) {
      expectArguments(args, 0, 1, 'list [<name>]');
      return args[0] === undefined ? {} : { name: args[0] };
    },
    print: (reply) => listOf(reply.pids ?? reply.watchers).join(','),
  },
});
