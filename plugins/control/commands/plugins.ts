import { closest, RingmasterError } from '../../../core/index.js';
import { expectArguments } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { pluginName, pluginSchema } from '../plugin-properties.js';
import { pluginsText } from '../plugin-text.js';

export const plugins = builtInCommand({
  name: 'plugins',
  summary: 'List the plugins, or show one of them',
  description:
    'Tells of the plugins of the daemon in the order of setting up: state, options and where each is from, what their taps of hooks have done, ' +
    'services, errors, and how near each is to being detached for its failures. With a name all of that one.',
  request: { type: 'object', properties: { name: pluginName } },
  reply: {
    type: 'object',
    properties: {
      plugins: { type: 'array', items: pluginSchema },
      detailed: { type: 'boolean', description: 'One was asked for by name.' },
    },
  },
  run({ supervisor }, { name }) {
    const all = supervisor.plugins();
    if (name === undefined) return { plugins: all };
    const found = all.filter((plugin) => plugin.name === name || plugin.source === name);
    if (found.length > 0) return { plugins: found, detailed: true };
    const names = all.map((plugin) => plugin.name);
    const meant = closest(name, names);
    const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`;
    throw new RingmasterError('RM_PLUGIN_ABSENT', [name, hint], { context: { plugin: name } });
  },
  cli: {
    usage: '[<name>]',
    options: [],
    message(args) {
      expectArguments(args, 0, 1, 'plugins [<name>]');
      return args[0] === undefined ? {} : { name: args[0] };
    },
    print: pluginsText,
  },
});
