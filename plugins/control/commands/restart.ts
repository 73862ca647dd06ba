import { matchCommand } from '../match-command.js';

export const restart = matchCommand('restart', {
  summary: 'Restarts watchers',
  description: 'Stops the watchers that match, or all, and starts them again.',
  info: ['started', 'stopped', 'kept'],
  one: (watcher) => watcher.restart(),
  several: (supervisor, watchers) => supervisor.restartWatchers(watchers),
});
