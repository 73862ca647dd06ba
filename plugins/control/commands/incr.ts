import { countCommand } from '../count-command.js';

export const incr = countCommand(
  'incr',
  {
    summary: 'Run more processes of a watcher',
    description: 'Raises how many processes a watcher is to have, and starts the new ones.',
  },
  (watcher, by) => watcher.incr(by),
);
