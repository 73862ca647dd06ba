import { CONFIG_HOOKS } from '../../../core/config/schema/watcher.js';
import { HOOKS, type HookArgs, type HookKind, type HookName, type HookValue, type RespawnDecision } from '../../../core/hooks.js';
import { code, page, table } from './markdown.js';

type KeysOf<T> = T extends unknown ? keyof T : never;

/** Every argument of every hook; a hook or an argument that is not here does not compile. */
export const ARGS: { readonly [N in HookName]: Readonly<Record<KeysOf<HookArgs<N>>, true>> } = {
  before_start: { watcher: true },
  after_start: { watcher: true },
  before_spawn: { watcher: true, wid: true },
  after_spawn: { watcher: true, wid: true, pid: true },
  before_signal: { watcher: true, pid: true, signum: true },
  before_stop: { watcher: true },
  after_stop: { watcher: true },
  after_signal: { watcher: true, pid: true, signum: true },
  before_reap: { watcher: true, wid: true, pid: true, exit: true },
  after_reap: { watcher: true, wid: true, pid: true, exit: true },
  stats: { watcher: true, process: true },
  spawn_options: { watcher: true, wid: true },
  config: { plugins: true },
  respawn: { watcher: true, wid: true, exit: true, errno: true, uptime_ms: true, failures: true },
  state_changed: { watcher: true, from: true, to: true },
  event: { watcher: true, name: true, body: true },
  output: { watcher: true, wid: true, pid: true, stream: true, lines: true, skipped_bytes: true },
  watcher_added: { watcher: true },
  watcher_removed: { watcher: true },
  config_applying: { config: true },
  config_applied: { config: true },
  config_refused: { reason: true },
  leaving: {},
  taken_over: { left: true, token: true, kept: true, crashed: true },
  ready: {},
  boot: {},
  before_shutdown: {},
  shutdown: {},
};

/** Hooks that nothing calls yet. */
export const NOT_CALLED: readonly HookName[] = ['stats'];

const DECISIONS: { readonly [A in RespawnDecision['action']]: string } = {
  respawn: "`{action: 'respawn', delay_ms, reason}`",
  pause: "`{action: 'pause', delay_ms, reason}`",
  give_up: "`{action: 'give_up', reason}`",
};

/** What a hook that passes a value along passes. */
const VALUES: { readonly [N in HookName as HookValue<N> extends never ? never : N]: string } = {
  stats: 'process information, any keys',
  spawn_options: '`{argv, file, env, cwd}`',
  config: 'the checked config',
  respawn: Object.values(DECISIONS).join(' or '),
  leaving: 'what plugins leave so far, by name: `{...left, NAME: value}`',
};

const KINDS: Readonly<Record<HookKind, readonly [returns: string, failure: string]>> = {
  gate: ['`false`, `{veto: reason}`, or nothing', 'refuses, unless the tap has `ignore_failure`'],
  decide: ['the next decision, or nothing', 'the decision before stands'],
  shape: ['the next value, or nothing', 'the operation fails and names the plugin'],
  step: ['nothing', 'the next tap runs'],
  watch: ['nothing', 'the next tap runs'],
};

const ARGUMENT_WORDS: Readonly<Record<string, string>> = {
  watcher: 'the watcher; its name only, for `event`',
  wid: 'worker id',
  pid: 'process id',
  signum: 'number of the signal',
  exit: '`{exit_code, signal}`; the code is minus the number where a signal ended it, `signal` its name or null',
  errno: 'name of the error, such as `ENOENT`, when the process could not be spawned; else null, and then there is an `exit`',
  uptime_ms: 'milliseconds that the process ran',
  failures: 'how many times in a row it ended early or could not be spawned, this one included',
  process: 'the process as it is now: `pid`, `wid`, `started`, `age`, `generation`, `stopping`',
  from: 'phase left, see [the states](states.md)',
  to: 'phase entered',
  name: 'name of the event',
  body: 'what the event tells, see [the events](events.md)',
  config: 'the config as checked',
  plugins: 'names of the plugins that there are when the config is in effect',
  stream: '`stdout` or `stderr`; `stdout` where both have one pipe',
  lines: 'lines in the order of writing, without their ends',
  left: 'what the plugins of the version before have left, by name: JSON as it was left',
  token: 'token of the request for the upgrade, or null',
  kept: 'what plugins of the daemon before have kept, by name and key',
  crashed:
    '`{last_alive}` after a crash: when the daemon before was last known to live, in seconds since the epoch, or null; null after an upgrade',
  reason: 'why, in words',
  skipped_bytes: 'how much was written since the last call and is not shown, because there was too much of it',
};

function meaningOf(argument: string): string {
  const words = ARGUMENT_WORDS[argument];
  if (words === undefined) throw new Error(`the argument ${argument} of a hook has no words in the reference`);
  return words;
}

function inConfig(name: HookName): string {
  const own = name === 'stats' ? 'extended_stats' : name;
  const known: readonly string[] = CONFIG_HOOKS;
  return known.includes(own) ? code(`hooks.${own}`) : '';
}

export function hooksPage(): string {
  const rows = Object.entries(HOOKS).map(([name, { kind, sync, summary }]) => {
    const hook = name as HookName;
    const value: string | undefined = Object.entries(VALUES).find(([found]) => found === name)?.[1];
    const args = Object.keys(ARGS[hook]).map(code).join(', ');
    return [
      code(name),
      kind,
      sync ? 'no' : 'yes',
      [value, args].filter(Boolean).join('; '),
      `${summary}${NOT_CALLED.includes(hook) ? ' _Not called yet._' : ''}`,
      inConfig(hook),
    ];
  });
  return page('Hooks reference', 'core/hooks.ts', [
    'A plugin names the hooks that it taps and gets only those: [the guide](../plugins.md).',
    table(
      ['Kind', 'A tap returns', 'An error or a time-out'],
      Object.entries(KINDS).map(([kind, words]) => [kind, ...words]),
    ),
    'Every failure is reported. `null` counts as nothing. A tap has 5 s for its answer unless it sets `deadline_ms`.',
    '## The hooks',
    '_Async_ says whether a tap may answer with a promise. A hook that passes a value along gets it as its first argument.',
    table(['Hook', 'Kind', 'Async', 'Arguments', 'When', 'In circus.ini'], rows),
    '## Arguments',
    'All of them are frozen.',
    table(
      ['Argument', 'Meaning'],
      [...new Set(Object.values(ARGS).flatMap((args) => Object.keys(args)))].map((name) => [code(name), meaningOf(name)]),
    ),
  ]);
}
