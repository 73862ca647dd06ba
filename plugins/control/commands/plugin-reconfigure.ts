import { expectArguments } from '../arguments.js';
import { builtInCommand, Staged } from '../command.js';
import { optionArguments, pluginBody, pluginName, pluginOptions, pluginSchema, sourceArgument } from '../plugin-properties.js';
import { pluginChangedText } from '../plugin-text.js';
import { waiting } from '../properties.js';

const form = 'plugin reconfigure <name> [<key>=<value>…]';

export const plugin_reconfigure = builtInCommand({
  name: 'plugin_reconfigure',
  summary: 'Give a plugin other options, until the daemon is started again',
  description:
    'Lays the options over those that the plugin has, closes it and sets it up again, together with those that require it. Where that ' +
    'fails it is set up as it was. One that was detached for its failures is brought back, with other options or with none.',
  request: { type: 'object', required: ['name'], properties: { name: pluginName, options: pluginOptions, waiting } },
  reply: { type: 'object', properties: { plugin: pluginSchema } },
  run({ supervisor }, { name, options = {} }) {
    const answer = supervisor.reconfigurePlugin(name, options).then(pluginBody);
    return new Staged(answer, answer);
  },
  cli: {
    verb: 'plugin reconfigure',
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
