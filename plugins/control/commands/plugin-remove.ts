import { expectArguments, listOf } from '../arguments.js';
import { builtInCommand, Staged } from '../command.js';
import { pluginName, sourceArgument } from '../plugin-properties.js';
import { waiting } from '../properties.js';

export const plugin_remove = builtInCommand({
  name: 'plugin_remove',
  summary: 'Close a plugin, until the daemon is started again',
  description:
    'Closes a plugin and undoes all that it made, and closes those that came along for it alone. One that another plugin requires is ' +
    'refused. No process ends for it.',
  request: { type: 'object', required: ['name'], properties: { name: pluginName, waiting } },
  reply: {
    type: 'object',
    properties: { closed: { type: 'array', items: { type: 'string' }, description: 'Names of those that were closed.' } },
  },
  run({ supervisor }, { name }) {
    const answer = supervisor.removePlugin(name).then((closed) => ({ closed }));
    return new Staged(answer, answer);
  },
  cli: {
    verb: 'plugin remove',
    usage: '<name>',
    options: [],
    message(args) {
      expectArguments(args, 1, 1, 'plugin remove <name>');
      return { name: sourceArgument(args[0] ?? '') };
    },
    print: (reply) => `closed ${listOf(reply.closed).join(', ')}; until the daemon is started again`,
    waits: true,
  },
});
