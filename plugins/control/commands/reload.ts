import { expectArguments, given, printOk, waitingOption } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { insteadOf, name, outcomeInfo, outcomeReply, waiting } from '../properties.js';

export const reload = builtInCommand({
  name: 'reload',
  summary: 'Replace processes without a gap',
  description: 'Replaces the processes of a watcher, or of all, without a gap; `graceful` false stops them first.',
  request: {
    type: 'object',
    properties: {
      name,
      graceful: { type: ['boolean', 'integer', 'null'], description: 'New processes first, old ones end afterwards (default true).' },
      sequential: { type: ['boolean', 'integer', 'null'], description: 'One process after the other (default false).' },
      waiting,
    },
  },
  reply: outcomeReply,
  run(context, properties) {
    const options = { graceful: Boolean(properties.graceful ?? true), sequential: Boolean(properties.sequential) };
    if (properties.name === undefined) return context.supervisor.reloadWatchers(options).then(insteadOf);
    const reloading = findWatcher(context, properties.name).reload(options);
    return reloading.then((outcome) => outcomeInfo(outcome, ['started', 'stopped', 'kept']));
  },
  cli: {
    usage: '[<name>]',
    options: [
      waitingOption,
      { name: 'sequential', summary: 'one process after the other', kind: 'switch', default: false },
      { name: 'terminate', summary: 'stop first, then start', kind: 'switch', default: false },
    ],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 0, 1, 'reload [<name>] [--terminate] [--sequential]');
      const watcher = args[0] === undefined ? {} : { name: args[0] };
      return { ...watcher, graceful: options.terminate !== true, ...given(options, 'sequential', 'waiting') };
    },
    print: printOk,
  },
});
