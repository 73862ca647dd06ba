import { expectArguments } from '../arguments.js';
import { builtInCommand, Staged } from '../command.js';
import { optionArguments, pluginBody, pluginOptions, pluginSchema, sourceArgument } from '../plugin-properties.js';
import { pluginChangedText } from '../plugin-text.js';
import { waiting } from '../properties.js';

const form = 'plugin add <name> [<key>=<value>…]';

export const plugin_add = builtInCommand({
  name: 'plugin_add',
  summary: 'Set a plugin up, until the daemon is started again',
  description:
    'Sets up a plugin that comes along, one from a file (a path from here) or an npm package, and packaged ones that it requires. Options ' +
    'are checked as those in the config; a value that begins with [, { or " is JSON. Name it in the config to have it after the next ' +
    'start too: plan shows it as drift until then, apply removes it again.',
  request: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', description: 'As in the config: a name, a path from the folder of the config, or an npm package.' },
      options: pluginOptions,
      waiting,
    },
  },
  reply: { type: 'object', properties: { plugin: pluginSchema } },
  run({ supervisor }, { name, options = {} }) {
    const answer = supervisor.addPlugin(name, options).then(pluginBody);
    return new Staged(answer, answer);
  },
  cli: {
    verb: 'plugin add',
    usage: '<name> [<key>=<value>…]',
    options: [],
    message(args) {
      expectArguments(args, 1, Number.POSITIVE_INFINITY, form);
      const [name = '', ...words] = args;
      return { name: sourceArgument(name), options: optionArguments(words, form) };
    },
    print: pluginChangedText,
    waits: true,
  },
});
