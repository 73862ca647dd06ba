import { RingmasterError } from '../../../core/index.js';
import { expectArguments, printOptions } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { pythonRepr } from '../python-text.js';

export const globaloptions = builtInCommand({
  name: 'globaloptions',
  summary: "Show the daemon's own options",
  description: 'Tells the addresses that the daemon serves and its check_delay: all of them, or the one asked for.',
  request: { type: 'object', properties: { option: { type: ['string', 'null'], description: 'Only this option.' } } },
  reply: {
    type: 'object',
    properties: {
      options: {
        type: 'object',
        properties: {
          endpoint: { type: 'string' },
          stats_endpoint: { type: ['string', 'null'] },
          pubsub_endpoint: { type: 'string' },
          check_delay: { type: 'number' },
          multicast_endpoint: { type: ['string', 'null'] },
        },
      },
    },
  },
  run({ supervisor, endpoints }, { option }) {
    const { endpoint, stats_endpoint, pubsub_endpoint, multicast_endpoint } = endpoints;
    const all = { endpoint, stats_endpoint, pubsub_endpoint, check_delay: supervisor.options.check_delay, multicast_endpoint };
    if (!option) return { options: all };
    const found = Object.entries(all).filter(([name]) => name === option);
    if (found.length === 0) throw new RingmasterError('RM_REQUEST_INVALID', [`${pythonRepr(option)} not an existing option`]);
    return { options: Object.fromEntries(found) };
  },
  cli: {
    usage: '[<option>]',
    options: [],
    message(args) {
      expectArguments(args, 0, 1, 'globaloptions [<option>]');
      return args[0] === undefined ? {} : { option: args[0] };
    },
    print: printOptions,
  },
});
