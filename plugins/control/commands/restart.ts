import { expectArguments, given, matchOption, printOk, waitingOption } from '../arguments.js';
import { defineCommand } from '../command.js';
import { matchWatchers } from '../match.js';
import { insteadOf, match, name, outcomeInfo, outcomeReply, waiting } from '../properties.js';

export const restart = defineCommand({
  name: 'restart',
  summary: 'Restarts watchers',
  description: 'Stops the watchers that match, or all, and starts them again.',
  request: { type: 'object', properties: { name, match, waiting } },
  reply: outcomeReply,
  run(context, properties) {
    if (properties.name === undefined) return context.supervisor.restartWatchers().then(insteadOf);
    const matched = matchWatchers(context, properties.name, properties.match);
    const [watcher, ...more] = matched;
    if (watcher === undefined || more.length > 0) return context.supervisor.restartWatchers(matched).then(insteadOf);
    return watcher.restart().then((outcome) => outcomeInfo(outcome, ['started', 'stopped', 'kept']));
  },
  cli: {
    usage: '[<name>]',
    options: [waitingOption, matchOption],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 0, 1, 'restart [<name>] [--match <method>] [--waiting]');
      return { ...(args[0] !== undefined && { name: args[0] }), ...given(options, 'waiting', 'match') };
    },
    print: printOk,
  },
});
