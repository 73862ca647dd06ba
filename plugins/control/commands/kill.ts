import { signalNumber } from '../../../core/index.js';
import { expectArguments, given, integerArgument, printOk, waitingOption } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name, noReply, pid, pidNumber, seconds, signum, waiting } from '../properties.js';

export const kill = builtInCommand({
  name: 'kill',
  summary: 'End processes of a watcher',
  description:
    'Ends processes of a watcher as a stop would, SIGKILL after graceful_timeout. While the watcher is active they are replaced.',
  request: {
    type: 'object',
    required: ['name'],
    properties: {
      name,
      pid,
      signum,
      graceful_timeout: { type: ['number', 'string', 'null'], description: "Seconds, instead of the watcher's graceful_timeout." },
      waiting,
    },
  },
  reply: noReply,
  run(context, properties) {
    const options = {
      ...(properties.pid !== undefined && { pid: pidNumber(properties.pid) }),
      ...(properties.signum !== undefined && { signum: signalNumber(properties.signum) }),
      ...(properties.graceful_timeout != null && { graceful_timeout: seconds(properties.graceful_timeout, 'graceful_timeout') }),
    };
    // An unknown watcher is told only to those who wait, as in Circus.
    return (async () => {
      await findWatcher(context, properties.name).kill(options);
      return {};
    })();
  },
  cli: {
    usage: '<name> [<pid>]',
    options: [
      waitingOption,
      { name: 'signum', summary: "signal, by name or number (the watcher's stop_signal)", kind: 'text', value: 'SIGNAL' },
      { name: 'graceful_timeout', summary: "how long until SIGKILL (the watcher's graceful_timeout)", kind: 'number', value: 'SECONDS' },
    ],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 1, 2, 'kill <name> [<pid>] [--signum <signum>]');
      const [watcher, pid] = args;
      const process = pid === undefined ? {} : { pid: integerArgument(pid, 'pid') };
      return { name: watcher, ...process, ...given(options, 'signum', 'graceful_timeout', 'waiting') };
    },
    print: printOk,
  },
});
