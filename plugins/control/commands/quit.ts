import { expectArguments, given, printOk, waitingOption } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { noReply, waiting } from '../properties.js';

export const quit = builtInCommand({
  name: 'quit',
  summary: 'Stop everything and end the daemon',
  description:
    'Stops all watchers and ends the daemon. The reply comes at once, or, when waiting, when everything is stopped, and pidfile and journal ' +
    'are gone; the process itself ends a moment later.',
  request: { type: 'object', properties: { waiting } },
  reply: noReply,
  // The endpoint closes as part of stopping, so what is waited for is the last moment at which it can still answer.
  run: ({ supervisor, stopped }) => Promise.race([supervisor.stop(), stopped]).then(() => ({})),
  cli: {
    usage: '',
    options: [waitingOption],
    message(args, options) {
      expectArguments(args, 0, 0, 'quit');
      return given(options, 'waiting');
    },
    print: printOk,
  },
});
