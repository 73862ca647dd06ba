import { countCommand } from '../count-command.js';

export const decr = countCommand(
  'decr',
  {
    summary: 'Run fewer processes of a watcher',
    description: 'Lowers how many processes a watcher is to have, and ends the oldest.',
  },
  (watcher, by) => watcher.decr(by),
);
