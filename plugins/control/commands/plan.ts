import { type ConfigPlan, EXIT_STATUS } from '../../../core/index.js';
import { builtInCommand, type ReplyBody, Staged } from '../command.js';
import { planMessage } from '../plan-arguments.js';
import { configSource, gracefulOption, keepDriftOption, planReply, planRequest } from '../plan-properties.js';
import { planText, replySteps } from '../plan-text.js';
import { waiting } from '../properties.js';

export const plan = builtInCommand({
  name: 'plan',
  summary: 'Show what applying a config file would change',
  description:
    'Shows how what runs differs from a config file, and changes nothing: each watcher, plugin and option that differs, with the old ' +
    'and the new value, whether it takes effect at once, by scaling or by new processes, and which processes would be replaced. ' +
    'What was changed at run time, by set, incr, decr, add or rm, is marked as drift. These are the very steps that apply takes.',
  request: { type: 'object', properties: { ...planRequest, waiting } },
  reply: planReply,
  run({ supervisor }, properties) {
    const { graceful = false, keep_drift = false } = properties;
    const answer = supervisor
      .readConfig(configSource(properties))
      .then((config) => supervisor.plan(config, { graceful, keep_drift }))
      .then(planBody);
    return new Staged(answer, answer);
  },
  cli: {
    usage: '[<file>]',
    options: [gracefulOption, keepDriftOption],
    completes: 'files',
    message: (args, options) => planMessage('plan', args, options),
    print: planText,
    status: ({ differs }) => (differs === true ? EXIT_STATUS.differs : EXIT_STATUS.ok),
  },
});

function planBody({ steps }: ConfigPlan): ReplyBody {
  return { differs: steps.length > 0, steps: replySteps(steps) };
}
