import type { AppliedPlan } from '../../../core/index.js';
import { expectArguments, given, listOf, waitingOption } from '../arguments.js';
import { builtInCommand, type ReplyBody, Staged } from '../command.js';
import { graceful, gracefulOption } from '../plan-properties.js';
import { waiting } from '../properties.js';

export const reloadconfig = builtInCommand({
  name: 'reloadconfig',
  summary: 'Read the config file again',
  description:
    'Reads the config file again and takes over what has changed in it since it was last read, only that: a watcher of which only ' +
    'numprocesses differs is scaled, one whose changes need new processes is restarted, or reloaded with --graceful. Watchers that ' +
    'are not in the file are removed, those that were removed at run time come back; options that were set at run time stay unless ' +
    'the file has changed them. A file with errors changes nothing. See apply, which undoes what was set at run time as well.',
  request: { type: 'object', properties: { graceful, waiting } },
  reply: {
    type: 'object',
    properties: {
      restart_daemon: {
        type: 'array',
        items: { type: 'string' },
        description: 'When waiting: what has changed and takes effect only when the daemon is started again.',
      },
    },
  },
  run({ supervisor }, properties) {
    const config = supervisor.readConfig();
    const done = supervisor.apply(config, { graceful: properties.graceful === true, keep_drift: true });
    return new Staged(
      config.then(() => ({})),
      done.then(left),
    );
  },
  cli: {
    usage: '',
    options: [gracefulOption, waitingOption],
    message(args, options) {
      expectArguments(args, 0, 0, 'reloadconfig');
      return given(options, 'graceful', 'waiting');
    },
    print: (reply) => ['ok', ...listOf(reply.restart_daemon).map((what) => `restart the daemon for: ${what}`)].join('\n'),
  },
});

function left({ steps }: AppliedPlan): ReplyBody {
  const names = steps.flatMap((step) => (step.do === 'restart_daemon' ? [`${step.what} ${step.name}`] : []));
  return names.length === 0 ? {} : { restart_daemon: names };
}
