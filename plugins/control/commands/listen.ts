import { RingmasterError } from '../../../core/index.js';
import { printOk } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { noReply, noRequest } from '../properties.js';

export const listen = builtInCommand({
  name: 'listen',
  summary: 'Show events as they happen',
  description:
    'Prints events as they come, all of them or those of the topics given; on the command line only, as a request it is an error.',
  request: noRequest,
  reply: noReply,
  run() {
    throw new RingmasterError('RM_REQUEST_INVALID', ['invalid message: events are not requested, subscribe to the pubsub endpoint']);
  },
  cli: {
    usage: '[<topic>…]',
    options: [],
    message: (topics) => ({ topics: topics.length === 0 ? [''] : topics }),
    print: printOk,
  },
});
