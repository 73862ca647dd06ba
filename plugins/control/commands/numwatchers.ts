import { expectArguments } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { noRequest } from '../properties.js';

export const numwatchers = builtInCommand({
  name: 'numwatchers',
  summary: 'Count watchers',
  description: 'Tells how many watchers there are.',
  request: noRequest,
  reply: { type: 'object', properties: { numwatchers: { type: 'integer' } } },
  run: ({ supervisor }) => ({ numwatchers: supervisor.watchers().length }),
  cli: {
    usage: '',
    options: [],
    message(args) {
      expectArguments(args, 0, 0, 'numwatchers');
      return {};
    },
    print: (reply) => String(reply.numwatchers),
  },
});
