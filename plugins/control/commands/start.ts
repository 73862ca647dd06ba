import { matchCommand } from '../match-command.js';

export const start = matchCommand('start', {
  summary: 'Starts watchers',
  description: 'Starts the watchers that match, or by priority all that have autostart.',
  info: ['started', 'kept'],
  one: (watcher) => watcher.start(),
  several: (supervisor, watchers) => supervisor.startWatchers(watchers),
});
