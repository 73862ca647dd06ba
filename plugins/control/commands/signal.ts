import { RingmasterError, signalNumber } from '../../../core/index.js';
import { expectArguments, given, integerArgument, printOk } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { name, noReply, pid, pidNumber, signum } from '../properties.js';

const child = { type: ['integer', 'string'], description: 'Only this child of the process `pid`.' } as const;

export const signal = builtInCommand({
  name: 'signal',
  summary: 'Send a signal to processes',
  description: 'Sends a signal to the processes of a watcher, to one of them, to their children, or to both.',
  request: {
    type: 'object',
    required: ['name', 'signum'],
    properties: {
      name,
      signum,
      pid,
      child_pid: child,
      childpid: child,
      children: { type: ['boolean', 'integer', 'null'], description: 'Only the direct children of each process.' },
      recursive: { type: ['boolean', 'integer', 'null'], description: 'Each process and all of its descendants.' },
    },
  },
  reply: noReply,
  run(context, properties) {
    const child_pid = properties.child_pid ?? properties.childpid;
    if (child_pid !== undefined && properties.pid === undefined) {
      throw new RingmasterError('RM_REQUEST_INVALID', ['cannot specify childpid without pid']);
    }
    const number = signalNumber(properties.signum);
    findWatcher(context, properties.name).signal(number, {
      ...(properties.pid !== undefined && { pid: pidNumber(properties.pid) }),
      ...(child_pid !== undefined && { child_pid: pidNumber(child_pid, 'child_pid') }),
      ...(properties.children && { children: true }),
      ...(properties.recursive && { recursive: true }),
    });
    return {};
  },
  cli: {
    usage: '<name> [<pid>] <signum>',
    options: [
      { name: 'children', summary: 'only the direct children of each process', kind: 'switch', default: false },
      { name: 'recursive', summary: 'each process and all of its descendants', kind: 'switch', default: false },
    ],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 2, 3, 'signal <name> [<pid>] <signum>');
      const pid = args[2] === undefined ? {} : { pid: integerArgument(args[1] ?? '', 'pid') };
      return { name: args[0], signum: args.at(-1), ...pid, ...given(options, 'children', 'recursive') };
    },
    print: printOk,
  },
});
