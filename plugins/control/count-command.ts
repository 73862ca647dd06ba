import type { WatcherApi } from '../../core/index.js';
import { expectArguments, given, integerArgument, printNumprocesses, waitingOption } from './arguments.js';
import { builtInCommand } from './command.js';
import { findWatcher } from './match.js';
import { name, waiting } from './properties.js';

/** A command that changes how many processes a watcher is to have. */
export const countCommand = (
  verb: string,
  words: { readonly summary: string; readonly description: string },
  change: (watcher: WatcherApi, by: number) => Promise<number>,
) =>
  builtInCommand({
    name: verb,
    ...words,
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
      return change(watcher, properties.nb ?? 1).then((numprocesses) => ({ numprocesses }));
    },
    cli: {
      usage: '<name> [<nb>]',
      options: [waitingOption],
      completes: 'watchers',
      message(args, options) {
        expectArguments(args, 1, 2, `${verb} <name> [<nb>]`);
        const [watcher, nb] = args;
        return { name: watcher, ...(nb !== undefined && { nb: integerArgument(nb, 'nb') }), ...given(options, 'waiting') };
      },
      print: printNumprocesses,
    },
  });
