import { bashCompletion } from './completion-bash.js';
import { zshCompletion } from './completion-zsh.js';
import { EXIT_STATUS } from './exit-status.js';
import type { Completable, Verb } from './verb.js';

const SHELLS: Readonly<Record<string, (programs: readonly Completable[]) => string>> = { bash: bashCompletion, zsh: zshCompletion };

export const completionVerb: Verb = {
  name: 'completion',
  summary: 'Print a completion script for a shell',
  group: 'Daemon:',
  usage: '<bash|zsh>',
  description:
    'Prints a script that completes verbs, options and files, and asks the daemon for names of watchers; it serves circusd and circusctl too.',
  options: [],
  examples: ['source <(ringmaster completion bash)', 'ringmaster completion zsh > ~/.zsh/functions/_ringmaster'],
  completes: Object.keys(SHELLS),
  async run([shell = '', ...more], _values, io) {
    const script = SHELLS[shell];
    if (script === undefined || more.length > 0) {
      io.stderr.write(`ringmaster completion: the shell is wanted, one of ${Object.keys(SHELLS).join(', ')}\n`);
      return EXIT_STATUS.usage;
    }
    const { completablePrograms } = await import('./verbs.js');
    io.stdout.write(script(await completablePrograms()));
    return EXIT_STATUS.ok;
  },
};
