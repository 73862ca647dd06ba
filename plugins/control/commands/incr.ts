import { expectArguments, given, integerArgument, printNumprocesses, waitingOption } from '../arguments.js';
import { defineCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name, waiting } from '../properties.js';

export const incr = defineCommand({
  name: 'incr',
  summary: 'Runs more processes of a watcher',
  description: 'Raises how many processes a watcher is to have, and starts the new ones.',
  request: {
    type: 'object',
    required: ['name'],
    properties: { name, nb: { type: 'integer', description: 'How many processes (default 1).' }, waiting },
  },
  reply: {
    type: 'object',
    properties: {
      numprocesses: { type: 'integer', description: 'How many are wanted now; only when waiting, and for a singleton.' },
      singleton: { const: true, description: 'The watcher is a singleton: nothing was changed.' },
    },
  },
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    if (watcher.spec.singleton) return { numprocesses: watcher.numprocesses, singleton: true };
    return watcher.incr(properties.nb ?? 1).then((numprocesses) => ({ numprocesses }));
  },
  cli: {
    usage: '<name> [<nb>]',
    options: [waitingOption],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 1, 2, 'incr <name> [<nb>]');
      const [watcher, nb] = args;
      return { name: watcher, ...(nb !== undefined && { nb: integerArgument(nb, 'nb') }), ...given(options, 'waiting') };
    },
    print: printNumprocesses,
  },
});
