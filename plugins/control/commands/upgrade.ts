import type { Upgraded } from '../../../core/index.js';
import { expectArguments, given, listOf } from '../arguments.js';
import { builtInCommand, type ReplyBody } from '../command.js';

export const upgrade = builtInCommand({
  name: 'upgrade',
  summary: 'Go on with another version of ringmaster',
  description:
    'Has the code that is installed now, or that of the package named, check the live config, and then goes on with it in the same ' +
    'process: durable processes keep running, their output and sockets are kept, and the reply comes from the new version. Where a ' +
    'watcher that runs is not durable it refuses, unless --restart-others is given. If anything is wrong the old version goes on.',
  request: {
    type: 'object',
    properties: {
      package: {
        type: 'string',
        description: 'Directory of the package to go on with; that of the program that runs where it is left out.',
      },
      restart_others: { type: 'boolean', description: 'Restart the processes of watchers that are not durable, instead of refusing.' },
      token: { type: 'string', description: 'Known again by the new version: a request with the same one is the same request.' },
    },
  },
  reply: {
    type: 'object',
    properties: {
      from: { type: 'string', description: 'The version before.' },
      to: { type: 'string', description: 'The version that answers.' },
      took_ms: { type: 'number', description: 'How long nobody supervised.' },
      kept: { type: 'integer', description: 'Processes that went on as if nothing had happened.' },
      restarted: { type: 'array', items: { type: 'string' }, description: 'Watchers whose processes were restarted.' },
    },
  },
  always_waits: true,
  run: ({ supervisor }, properties) => supervisor.upgrade(properties).then((upgraded): ReplyBody => ({ ...upgraded })),
  cli: {
    usage: '[<package>]',
    options: [
      { name: 'restart-others', summary: 'restart the processes of watchers that are not durable', kind: 'switch', default: false },
    ],
    completes: 'files',
    message(args, options) {
      expectArguments(args, 0, 1, 'upgrade [<package>]');
      const [directory] = args;
      const others = given({ restart_others: options['restart-others'] }, 'restart_others');
      return { ...others, ...(directory !== undefined && { package: directory }) };
    },
    print(reply) {
      const { from, to, took_ms, kept, restarted } = reply as unknown as Upgraded;
      const others = listOf(restarted);
      const rest = others.length === 0 ? '' : `; restarted: ${others.join(', ')}`;
      return `upgraded from ${from} to ${to} in ${took_ms} ms, ${kept} ${kept === 1 ? 'process' : 'processes'} kept${rest}`;
    },
    waits: true,
  },
});
