import { matchCommand } from '../match-command.js';

export const start = matchCommand('start', {
  summary: 'Start watchers',
  description: 'Starts the one watcher that matches; of several, or of all, those that have autostart, by priority.',
  info: ['started', 'kept'],
  one: (watcher) => watcher.start(),
  several: (supervisor, watchers) => supervisor.startWatchers(watchers?.filter((watcher) => watcher.spec.autostart)),
});
