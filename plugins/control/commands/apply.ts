import { builtInCommand, Staged } from '../command.js';
import { planMessage } from '../plan-arguments.js';
import { configSource, gracefulOption, keepDriftOption, planReply, planRequest } from '../plan-properties.js';
import { appliedText, replySteps } from '../plan-text.js';
import { waiting } from '../properties.js';

export const apply = builtInCommand({
  name: 'apply',
  summary: 'Make what runs what a config file says',
  description:
    'Takes the steps that plan shows, waits for them and tells what was done. Unlike reloadconfig it also undoes what was changed at ' +
    'run time, unless --keep-drift is given. A file with errors changes nothing, and neither does one with a plugin that fails.',
  request: { type: 'object', properties: { ...planRequest, waiting } },
  reply: planReply,
  run({ supervisor }, properties) {
    const { graceful = false, keep_drift = false } = properties;
    const config = supervisor.readConfig(configSource(properties));
    const done = supervisor.apply(config, { graceful, keep_drift });
    return new Staged(
      config.then(() => ({})),
      done.then(({ steps }) => ({ differs: steps.length > 0, steps: replySteps(steps) })),
    );
  },
  cli: {
    usage: '[<file>]',
    options: [gracefulOption, keepDriftOption],
    completes: 'files',
    message: (args, options) => ({ ...planMessage('apply', args, options), waiting: true }),
    print: appliedText,
    waits: true,
  },
});
