import { RingmasterError, type WatcherApi } from '../../../core/index.js';
import { expectArguments, given, integerArgument, listOf, objectOf, processLine } from '../arguments.js';
import { defineCommand } from '../command.js';
import { findWatcher } from '../match.js';
import { watcherProcessInfo } from '../process-info.js';
import { name, pidNumber } from '../properties.js';

const infoOf = (watcher: WatcherApi) =>
  Object.fromEntries(watcher.processes().map((process) => [String(process.pid), watcherProcessInfo(process)]));

/** Lines of one watcher: `PID: …`, its children below. */
function lines(info: unknown): readonly string[] {
  return Object.entries(objectOf(info)).map(([pid, process]) => `${pid}: ${processText(process)}`);
}

function processText(info: unknown): string {
  if (typeof info === 'string') return info;
  return [processLine(info), ...listOf(objectOf(info).children).map((child) => `   ${processLine(child)}`)].join('\n');
}

export const stats = defineCommand({
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
  run(context, properties) {
    if (properties.name === undefined) {
      return { infos: Object.fromEntries(context.supervisor.watchers().map((watcher) => [watcher.name, infoOf(watcher)])) };
    }
    const watcher = findWatcher(context, properties.name);
    if (properties.process === undefined) return { name: properties.name, info: infoOf(watcher) };
    const pid = pidNumber(properties.process, 'process');
    const process = watcher.processes().find((one) => one.pid === pid);
    if (process === undefined) throw new RingmasterError('RM_PROCESS_UNKNOWN', [pid, properties.name]);
    return { process: properties.process, info: watcherProcessInfo(process) };
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
