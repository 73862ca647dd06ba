import { expectArguments } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { pluginName, pluginSchema, sourceArgument } from '../plugin-properties.js';
import { pluginDescriptionText } from '../plugin-text.js';

const { name, source, state, requires, options } = pluginSchema.properties;

/** `ringmaster plugins describe NAME --endpoint …` asks for it too, and shows the whole definition. */
export const plugin_describe = builtInCommand({
  name: 'plugin_describe',
  summary: 'Show what a plugin says of itself, and its options as they are',
  description:
    'Tells what a plugin of the daemon does, which hooks it taps, what it requires, the JSON Schema of its options, and the options that it is ' +
    'set up with.',
  request: { type: 'object', required: ['name'], properties: { name: pluginName } },
  reply: {
    type: 'object',
    properties: {
      plugin: {
        type: 'object',
        properties: {
          name,
          source,
          state,
          summary: { type: 'string' },
          hooks: { type: 'array', items: { type: 'string' } },
          requires,
          per_watcher: { type: 'boolean', description: 'Whether each option can be set for one watcher.' },
          applies: { enum: ['live', 'daemon', 'watchers'], description: 'How a changed config reaches it.' },
          schema: { type: 'object', description: 'JSON Schema of its options.' },
          options,
        },
      },
    },
  },
  run: ({ supervisor }, properties) => ({ plugin: supervisor.describePlugin(properties.name) }),
  cli: {
    verb: 'plugin describe',
    usage: '<name>',
    options: [],
    message(args) {
      expectArguments(args, 1, 1, 'plugin describe <name>');
      return { name: sourceArgument(args[0] ?? '') };
    },
    print: pluginDescriptionText,
  },
});
