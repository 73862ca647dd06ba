import { RingmasterError } from '../../../core/index.js';
import { expectArguments, given, integerArgument, listOf, objectOf, processLine } from '../arguments.js';
import { builtInCommand, type CommandContext, type ReplyBody } from '../command.js';
import { findWatcher } from '../match.js';
import { extendedInfos, type Infos, type WatcherProcesses, watcherInfos } from '../process-info.js';
import { name, pidNumber } from '../properties.js';

/** Looks at processes and makes a reply of what was found: at once, unless plugins are asked as well. */
function answer(
  { sampler, supervisor }: CommandContext,
  asked: WatcherProcesses,
  is_extended: boolean,
  reply: (infos: Infos) => ReplyBody,
): ReplyBody | Promise<ReplyBody> {
  return is_extended ? extendedInfos(sampler, supervisor, asked).then(reply) : reply(watcherInfos(sampler, asked));
}

/** Lines of one watcher: `PID: …`, its children below. */
function lines(info: unknown): readonly string[] {
  return Object.entries(objectOf(info)).map(([pid, process]) => `${pid}: ${processText(process)}`);
}

function processText(info: unknown): string {
  if (typeof info === 'string') return info;
  return [processLine(info), ...listOf(objectOf(info).children).map((child) => `   ${processLine(child)}`)].join('\n');
}

export const stats = builtInCommand({
  name: 'stats',
  summary: 'Show process information',
  description: 'Process information of all watchers, of one, or of one process: memory, processor time, age, children and so on.',
  request: {
    type: 'object',
    properties: {
      name,
      process: { type: ['integer', 'string'], description: 'Only this process of the watcher.' },
      extended: { type: ['boolean', 'integer', 'null'], description: 'With what plugins add to it.' },
    },
  },
  reply: {
    type: 'object',
    properties: {
      infos: { type: 'object', description: 'By watcher, then by pid.' },
      name: { type: 'string' },
      process: { type: ['integer', 'string'] },
      info: { type: ['object', 'string'], description: 'By pid; of one process its own information.' },
    },
  },
  always_waits: true,
  run(context, { name, process, extended }) {
    const is_extended = Boolean(extended);
    if (name === undefined) {
      const all = context.supervisor.watchers().map((watcher) => [watcher, watcher.processes()] as const);
      return answer(context, all, is_extended, (infos) => ({ infos }));
    }
    const watcher = findWatcher(context, name);
    if (process === undefined) {
      return answer(context, [[watcher, watcher.processes()]], is_extended, (infos) => ({ name, info: infos[watcher.name] }));
    }
    const pid = pidNumber(process, 'process');
    const view = watcher.processes().find((one) => one.pid === pid);
    if (view === undefined) throw new RingmasterError('RM_PROCESS_UNKNOWN', [pid, name]);
    return answer(context, [[watcher, [view]]], is_extended, (infos) => ({ process, info: infos[watcher.name]?.[pid] }));
  },
  cli: {
    usage: '[<name>] [<pid>]',
    options: [{ name: 'extended', summary: 'with what plugins add to it', kind: 'switch', default: false }],
    completes: 'watchers',
    message(args, options) {
      expectArguments(args, 0, 2, 'stats [<name>] [<pid>]');
      const [watcher, pid] = args;
      return {
        ...(watcher !== undefined && { name: watcher }),
        ...(pid !== undefined && { process: integerArgument(pid, 'pid') }),
        ...given(options, 'extended'),
      };
    },
    print(reply) {
      if ('name' in reply) return [`${reply.name}:`, ...lines(reply.info)].join('\n');
      if (!('infos' in reply)) return `${reply.process}: ${processText(reply.info)}\n`;
      const infos = Object.entries(objectOf(reply.infos));
      return infos.flatMap(([watcher, info]) => [`${watcher}:`, ...lines(info)]).join('\n');
    },
  },
});
