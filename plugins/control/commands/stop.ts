import { matchCommand } from '../match-command.js';

export const stop = matchCommand('stop', {
  summary: 'Stop watchers',
  description: 'Stops the watchers that match, or all, in reverse order of starting. Stopped means that no process of theirs is left.',
  info: [],
  one: (watcher) => watcher.stop(),
  several: (supervisor, watchers) => supervisor.stopWatchers(watchers),
});
