import { expectArguments, printOptions } from '../arguments.js';
import { circusOptions } from '../circus-options.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name } from '../properties.js';

export const options = builtInCommand({
  name: 'options',
  summary: 'Show all options of a watcher',
  description: "Tells the watcher's options under Circus's names, freeform ones too, sorted by name.",
  request: { type: 'object', required: ['name'], properties: { name } },
  reply: { type: 'object', properties: { options: { type: 'object', description: 'Values by name.' } } },
  run: (context, properties) => ({ options: circusOptions(findWatcher(context, properties.name)) }),
  cli: {
    usage: '<name>',
    options: [],
    completes: 'watchers',
    message(args) {
      expectArguments(args, 1, 1, 'options <name>');
      return { name: args[0] };
    },
    print: printOptions,
  },
});
