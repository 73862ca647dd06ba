import { expectArguments, given, matchOption, printOk, waitingOption } from '../arguments.js';
import { defineCommand } from '../command.js';
import { matchWatchers } from '../match.js';
import { insteadOf, match, name, outcomeInfo, outcomeReply, waiting } from '../properties.js';

export const stop = defineCommand({
  name: 'stop',
  summary: 'Stops watchers',
  description: 'Stops the watchers that match, or all, in reverse order of starting. Stopped means that no process of theirs is left.',
  request: { type: 'object', properties: { name, match, waiting } },
  reply: outcomeReply,
  run(context, properties) {
    if (properties.name === undefined) return context.supervisor.stopWatchers().then(insteadOf);
    const matched = matchWatchers(context, properties.name, properties.match);
    const [watcher, ...more] = matched;
    if (watcher === undefined || more.length > 0) return context.supervisor.stopWatchers(matched).then(insteadOf);
    return watcher.stop().then((outcome) => outcomeInfo(outcome, []));
  },
  cli: {
    usage: '[<name>]',
    options: [waitingOption, matchOption],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 0, 1, 'stop [<name>] [--match <method>] [--waiting]');
      return { ...(args[0] !== undefined && { name: args[0] }), ...given(options, 'waiting', 'match') };
    },
    print: printOk,
  },
});
