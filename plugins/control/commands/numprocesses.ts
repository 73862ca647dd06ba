import { expectArguments, printNumprocesses } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name } from '../properties.js';

export const numprocesses = builtInCommand({
  name: 'numprocesses',
  summary: 'Count processes',
  description: 'Tells how many processes run, of all watchers or of the one named.',
  request: { type: 'object', properties: { name } },
  reply: { type: 'object', properties: { numprocesses: { type: 'integer' }, watcher_name: { type: 'string' } } },
  run(context, properties) {
    if (properties.name !== undefined) {
      const watcher = findWatcher(context, properties.name);
      return { numprocesses: watcher.processes().length, watcher_name: properties.name };
    }
    return { numprocesses: context.supervisor.watchers().reduce((sum, watcher) => sum + watcher.processes().length, 0) };
  },
  cli: {
    usage: '[<name>]',
    options: [],
    completes: 'watchers',
    message(args) {
      expectArguments(args, 0, 1, 'numprocesses [<name>]');
      return args[0] === undefined ? {} : { name: args[0] };
    },
    print: printNumprocesses,
  },
});
