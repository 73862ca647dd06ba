import { expectArguments, given, printOk, waitingOption } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name, noReply, waiting } from '../properties.js';

export const rm = builtInCommand({
  name: 'rm',
  summary: 'Remove a watcher',
  description: 'Removes a watcher, its processes stopped; with `nostop` they go on, supervised by nobody.',
  request: {
    type: 'object',
    required: ['name'],
    properties: { name, nostop: { type: ['boolean', 'integer', 'null'], description: 'Leave its processes running.' }, waiting },
  },
  reply: noReply,
  run(context, properties) {
    const watcher = findWatcher(context, properties.name);
    return context.supervisor.remove(watcher.name, { nostop: Boolean(properties.nostop) }).then(() => ({}));
  },
  cli: {
    usage: '<name>',
    options: [waitingOption, { name: 'nostop', summary: 'leave its processes running', kind: 'switch', default: false }],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 1, 1, 'rm <name> [--nostop]');
      return { name: args[0], ...given(options, 'nostop', 'waiting') };
    },
    print: printOk,
  },
});
