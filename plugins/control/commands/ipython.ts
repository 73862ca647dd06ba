import { RingmasterError } from '../../../core/index.js';
import { expectArguments, printOk } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { noReply, noRequest } from '../properties.js';

/** Circus's name for it on the wire is `ipython`, in its documentation `ipythonshell`. */
const shell = (name: string) =>
  builtInCommand({
    name,
    summary: 'Not available: a Python shell in the daemon',
    description: "Always an error: Circus's shell is one into a daemon in Python.",
    request: noRequest,
    reply: noReply,
    run() {
      throw new RingmasterError('RM_COMMAND_UNSUPPORTED', [name, 'the daemon is not a Python program']);
    },
    cli: {
      usage: '',
      options: [],
      message(args) {
        expectArguments(args, 0, 0, name);
        return {};
      },
      print: printOk,
    },
  });

export const ipython = shell('ipython');
export const ipythonshell = shell('ipythonshell');
