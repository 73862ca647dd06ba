import { watcherSchema } from '../../../core/index.js';
import { expectArguments, given, waitingOption } from '../arguments.js';
import { configOptions } from '../circus-options.js';
import { ArgumentError, builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { optionValue } from '../option-arguments.js';
import { insteadOf, name, waiting } from '../properties.js';
import { printOkWithWarnings, warnings, withWarnings } from '../warnings.js';

const form = 'set <name> <key> <value> [<key> <value>…], or <key>=<value>';

export const set = builtInCommand({
  name: 'set',
  summary: 'Change options of a watcher',
  description: 'Changes options of a watcher: at once, or by a graceful reload where processes have to be replaced.',
  request: {
    type: 'object',
    required: ['name', 'options'],
    properties: { name, options: { type: 'object', description: 'Values by name, as in the config.' }, waiting },
  },
  reply: { type: 'object', properties: { instead: { type: 'string' }, warnings } },
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    const stopped = watcher.status === 'stopped';
    const told: string[] = [];
    const done = watcher.set(configOptions(properties.options, watcher.spec), (warning) => told.push(warning));
    // A stopped watcher has taken the options over: there is nothing to wait for.
    const body = done.then((outcome) => (stopped ? {} : insteadOf(outcome)));
    return withWarnings(body, told);
  },
  cli: {
    usage: '<name> <key> <value> [<key> <value>…]',
    options: [waitingOption],
    completes: 'watchers',
    then_completes: { words: Object.keys(watcherSchema.properties), every: 2 },
    message(args, options) {
      expectArguments(args, 2, Number.POSITIVE_INFINITY, form);
      const [watcher, ...words] = args;
      const values: Record<string, unknown> = {};
      for (const { key, text } of keysAndTexts(words)) values[key] = optionValue(key, text);
      return { name: watcher, options: values, ...given(options, 'waiting') };
    },
    print: printOkWithWarnings,
  },
});

/** Two words for each option, `numprocesses 4`; or one, `numprocesses=4`: no name of an option has that sign. */
function keysAndTexts(words: readonly string[]): readonly { readonly key: string; readonly text: string }[] {
  const left = [...words];
  const pairs: { readonly key: string; readonly text: string }[] = [];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, key, inline] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    const text = key === undefined ? left.shift() : inline;
    if (text === undefined) throw new ArgumentError(`List of key/values is invalid: "${word}" has no value, expected: ${form}`);
    pairs.push({ key: (key ?? word).toLowerCase(), text });
  }
  return pairs;
}
