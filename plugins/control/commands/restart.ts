import { matchCommand } from '../match-command.js';

export const restart = matchCommand('restart', {
  summary: 'Restart watchers',
  description: 'Stops the watchers that match, or all, and starts them again; of several, those that run or have autostart.',
  info: ['started', 'stopped', 'kept'],
  one: (watcher) => watcher.restart(),
  // What is stopped and not to start by itself stays so.
  several: (supervisor, watchers) =>
    supervisor.restartWatchers(watchers?.filter((watcher) => watcher.spec.autostart || watcher.status !== 'stopped')),
});
