import { EVENTS, type EventBodies, type EventName } from '../../../core/events.js';
import { code, page, table } from './markdown.js';

/** Every key of every body; an event or a key that is not here does not compile. */
const BODIES: { readonly [N in EventName]: Readonly<Record<keyof EventBodies[N], true>> } = {
  spawn: { process_pid: true, time: true },
  adopted: { process_pid: true, time: true, started: true },
  reap: { process_pid: true, time: true, exit_code: true },
  kill: { process_pid: true, time: true },
  start: { time: true },
  stop: { time: true },
  reload: { time: true },
  updated: { time: true },
  add: { time: true },
  remove: { time: true },
  hook_success: { name: true, time: true },
  hook_failure: { name: true, time: true, error: true },
  spawn_failed: { time: true, errno: true, error: true },
  gave_up: { time: true, reason: true },
  stuck: { process_pid: true, time: true },
  output_lost: { time: true, stream: true, bytes: true, lines: true, error: true },
  output_resumed: { time: true, stream: true, bytes: true, lines: true },
  limit_exceeded: { time: true, limit: true, allowed: true, found: true, action: true, process_pid: true },
  unresponsive: { process_pid: true, time: true, reason: true },
  check_failed: { name: true, time: true, error: true },
  check_recovered: { name: true, time: true },
  plugin_detached: { time: true, reason: true },
  trouble: { time: true, reason: true },
  trouble_over: { time: true },
  audit: {
    time: true,
    who: true,
    role: true,
    connection: true,
    command: true,
    properties: true,
    result: true,
    took_ms: true,
    reason: true,
  },
};

/** Events that Circus has none of. */
const OURS: readonly EventName[] = [
  'adopted',
  'spawn_failed',
  'gave_up',
  'stuck',
  'output_lost',
  'output_resumed',
  'limit_exceeded',
  'unresponsive',
  'check_failed',
  'check_recovered',
  'plugin_detached',
  'trouble',
  'trouble_over',
  'audit',
];

const KEY_WORDS: { readonly [K in EventName as keyof EventBodies[K]]: string } = {
  process_pid: 'pid of the process, an integer',
  time: 'when it happened, seconds since the epoch',
  started: 'when the process was spawned, seconds since the epoch',
  exit_code: 'exit code, or minus the number of the signal',
  name: 'name of the hook or check',
  error: 'what went wrong, text',
  errno: 'name of the error, such as `ENOENT`',
  reason: 'why, text',
  stream: '`stdout` or `stderr`',
  bytes: 'how many bytes were lost',
  lines: 'how many lines were lost, the last perhaps in part',
  limit: 'name of the option that is the limit',
  allowed: 'what that option is',
  found: 'what was used instead',
  who: '`local`, or the name of the key',
  role: 'what whoever that is may do',
  connection: 'tells the connections of clients apart',
  command: 'what was asked for',
  properties: 'what came with it, shortened and without secrets',
  result: '`ok`, `error` or `refused`',
  took_ms: 'how long it took to the end of the work, ms',
  action: 'what is done about it: `restart`, `replace`, `signal` or `event`',
};

export function eventsPage(): string {
  return page('Events reference', 'core/events.ts', [
    'Events reach plugins through the hook `event` and clients through the event endpoint.',
    'The topic is `watcher.NAME.EVENT`, with the name in lower case and `_` for spaces; the body is JSON. `audit` reaches plugins alone.',
    table(
      ['Event', 'Body', 'When', 'Circus has it'],
      Object.entries(EVENTS).map(([name, summary]) => [
        code(name),
        Object.keys(BODIES[name as EventName])
          .map(code)
          .join(', '),
        summary,
        OURS.includes(name as EventName) ? 'no' : 'yes',
      ]),
    ),
    table(
      ['Key', 'Meaning'],
      Object.entries(KEY_WORDS).map(([key, words]) => [code(key), words]),
    ),
    'A restart tells `kill`, `reap`, `stop`, `spawn`, `start`; a removal `remove`, `kill`, `reap`, `stop`. A reload has no `stop` and no `start`.',
  ]);
}
