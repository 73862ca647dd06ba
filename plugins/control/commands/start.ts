import { expectArguments, given, matchOption, printOk, waitingOption } from '../arguments.js';
import { defineCommand } from '../command.js';
import { matchWatchers } from '../match.js';
import { insteadOf, match, name, outcomeInfo, outcomeReply, waiting } from '../properties.js';

export const start = defineCommand({
  name: 'start',
  summary: 'Starts watchers',
  description: 'Starts the watchers that match, or by priority all that have autostart.',
  request: { type: 'object', properties: { name, match, waiting } },
  reply: outcomeReply,
  run(context, properties) {
    if (properties.name === undefined) return context.supervisor.startWatchers().then(insteadOf);
    const matched = matchWatchers(context, properties.name, properties.match);
    const [watcher, ...more] = matched;
    if (watcher === undefined || more.length > 0) return context.supervisor.startWatchers(matched).then(insteadOf);
    return watcher.start().then((outcome) => outcomeInfo(outcome, ['started', 'kept']));
  },
  cli: {
    usage: '[<name>]',
    options: [waitingOption, matchOption],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 0, 1, 'start [<name>] [--match <method>] [--waiting]');
      return { ...(args[0] !== undefined && { name: args[0] }), ...given(options, 'waiting', 'match') };
    },
    print: printOk,
  },
});
