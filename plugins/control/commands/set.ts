import { expectArguments, given, printOk, waitingOption } from '../arguments.js';
import { configOptions } from '../circus-options.js';
import { ArgumentError, builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { optionValue } from '../option-arguments.js';
import { insteadOf, name, waiting } from '../properties.js';

const form = 'set <name> <key> <value> [<key> <value>…]';

export const set = builtInCommand({
  name: 'set',
  summary: 'Change options of a watcher',
  description: 'Changes options of a watcher: at once, or by a graceful reload where processes have to be replaced.',
  request: {
    type: 'object',
    required: ['name', 'options'],
    properties: { name, options: { type: 'object', description: 'Values by name, as in the config.' }, waiting },
  },
  reply: { type: 'object', properties: { instead: { type: 'string' } } },
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    const stopped = watcher.status === 'stopped';
    const done = watcher.set(configOptions(properties.options, watcher.spec));
    // A stopped watcher has taken the options over: there is nothing to wait for.
    return done.then((outcome) => (stopped ? {} : insteadOf(outcome)));
  },
  cli: {
    usage: '<name> <key> <value> [<key> <value>…]',
    options: [waitingOption],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 3, Number.POSITIVE_INFINITY, form);
      const [watcher, ...words] = args;
      if (words.length % 2 !== 0)
        throw new ArgumentError(`List of key/values is invalid: "${words.at(-1)}" has no value, expected: ${form}`);
      const values: Record<string, unknown> = {};
      for (let at = 0; at < words.length; at += 2) {
        const key = (words[at] ?? '').toLowerCase();
        values[key] = optionValue(key, words[at + 1] ?? '');
      }
      return { name: watcher, options: values, ...given(options, 'waiting') };
    },
    print: printOk,
  },
});
