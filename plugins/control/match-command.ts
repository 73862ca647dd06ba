import type { Outcome, SupervisorApi, WatcherApi } from '../../core/index.js';
import { expectArguments, given, matchOption, printOk, waitingOption } from './arguments.js';
import { builtInCommand } from './command.js';
import { matchWatchers } from './match.js';
import { insteadOf, match, name, type OutcomePart, outcomeInfo, outcomeReply, waiting } from './properties.js';

interface Verb {
  readonly summary: string;
  readonly description: string;
  /** What `info` of a reply has; null where nothing. */
  readonly info: readonly OutcomePart[];
  one(watcher: WatcherApi): Promise<Outcome>;
  /** Those given, or all. */
  several(supervisor: SupervisorApi, watchers?: readonly WatcherApi[]): Promise<Outcome>;
}

/** A command for the watchers whose names match, or for all. */
export const matchCommand = (verb: string, { summary, description, info, one, several }: Verb) =>
  builtInCommand({
    name: verb,
    summary,
    description,
    request: { type: 'object', properties: { name, match, waiting } },
    reply: outcomeReply,
    run(context, properties) {
      if (properties.name === undefined) return several(context.supervisor).then(insteadOf);
      const matched = matchWatchers(context, properties.name, properties.match);
      const [watcher, ...more] = matched;
      if (watcher === undefined || more.length > 0) return several(context.supervisor, matched).then(insteadOf);
      return one(watcher).then((outcome) => outcomeInfo(outcome, info));
    },
    cli: {
      usage: '[<name>]',
      options: [waitingOption, matchOption],
      completes: 'watchers',
      message(args, options) {
        expectArguments(args, 0, 1, `${verb} [<name>] [--match <method>] [--waiting]`);
        return { ...(args[0] !== undefined && { name: args[0] }), ...given(options, 'waiting', 'match') };
      },
      print: printOk,
    },
  });
