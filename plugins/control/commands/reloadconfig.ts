import { expectArguments, given, printOk, waitingOption } from '../arguments.js';
import { defineCommand } from '../command.js';
import { noReply, waiting } from '../properties.js';

export const reloadconfig = defineCommand({
  name: 'reloadconfig',
  summary: 'Read the config file again',
  description: 'Reads the config file again and changes what differs, only that.',
  request: { type: 'object', properties: { waiting } },
  reply: noReply,
  run: ({ supervisor }) => supervisor.reloadConfig().then(() => ({})),
  cli: {
    usage: '',
    options: [waitingOption],
    message(args, options) {
      expectArguments(args, 0, 0, 'reloadconfig');
      return given(options, 'waiting');
    },
    print: printOk,
  },
});
