import { RingmasterError, watcherSchema } from '../../../core/index.js';
import { expectArguments, printOptions } from '../arguments.js';
import { circusOptions } from '../circus-options.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name } from '../properties.js';
import { pythonRepr } from '../python-text.js';

export const get = builtInCommand({
  name: 'get',
  summary: 'Show some options of a watcher',
  description: 'Tells the values of the options asked for, freeform ones too; an error where the watcher has no such option.',
  request: {
    type: 'object',
    required: ['name', 'keys'],
    properties: { name, keys: { type: 'array', items: { type: 'string' }, description: 'Names of options.' } },
  },
  reply: { type: 'object', properties: { options: { type: 'object', description: 'Values by name.' } } },
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    // Circus has some names of its own, and not all of the options that there are here.
    const all: Readonly<Record<string, unknown>> = { ...watcher.spec, ...circusOptions(watcher) };
    const unknown = properties.keys.find((key) => !Object.hasOwn(all, key));
    if (unknown !== undefined) throw new RingmasterError('RM_REQUEST_INVALID', [`${pythonRepr(unknown)} option not found`]);
    return { options: Object.fromEntries(properties.keys.map((key) => [key, all[key]])) };
  },
  cli: {
    usage: '<name> <key>…',
    options: [],
    completes: 'watchers',
    then_completes: { words: Object.keys(watcherSchema.properties), every: 1 },
    message(args) {
      expectArguments(args, 2, Number.POSITIVE_INFINITY, 'get <name> <key>…');
      const [watcher, ...keys] = args;
      return { name: watcher, keys };
    },
    print: printOptions,
  },
});
