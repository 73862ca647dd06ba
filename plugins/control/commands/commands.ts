import { RingmasterError } from '../../../core/index.js';
import { expectArguments, listOf, objectOf } from '../arguments.js';
import { builtInCommand } from '../command.js';

export const commands = builtInCommand({
  name: 'commands',
  summary: 'Show the commands there are',
  description:
    'Tells of every command, those that plugins add too: what it does, its command-line form, and the schemas of its request and reply.',
  request: { type: 'object', properties: { name: { type: 'string', description: 'Only this command.' } } },
  reply: {
    type: 'object',
    properties: {
      commands: {
        type: 'array',
        description: 'Sorted by name.',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            plugin: { type: 'string', description: 'Who has added it.' },
            summary: { type: 'string' },
            description: { type: 'string' },
            usage: { type: ['string', 'null'], description: 'Options and arguments on the command line; null where it has no form there.' },
            arguments: { type: 'array', items: { type: 'string' }, description: 'Properties that are positional there, in order.' },
            prints: { type: 'string', description: 'The key of the reply that is printed there, alone.' },
            always_waits: { type: 'boolean', description: 'The answer comes when there is one, whether the request is `waiting` or not.' },
            request: { type: 'object', description: 'Schema of the properties.' },
            reply: { type: 'object', description: "Schema of the reply's own keys." },
          },
        },
      },
    },
  },
  run(context, { name }) {
    const listed = context.commands().filter((command) => name === undefined || command.name === name.toLowerCase());
    if (listed.length === 0) throw new RingmasterError('RM_COMMAND_UNKNOWN', [String(name)]);
    return { commands: listed };
  },
  cli: {
    usage: '[<name>]',
    options: [],
    message(args) {
      expectArguments(args, 0, 1, 'commands [<name>]');
      return args[0] === undefined ? {} : { name: args[0] };
    },
    print(reply) {
      const rows = listOf(reply.commands)
        .map(objectOf)
        .filter(({ usage }) => usage !== null)
        .map(({ name, usage, summary }) => [[name, usage].filter(Boolean).join(' '), String(summary)] as const);
      return rows.map(([form, summary]) => `${form}\n    ${summary}`).join('\n');
    },
  },
});
