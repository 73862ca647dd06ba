import type { WatcherApi, WatcherOptions } from '../../core/index.js';

/** Circus's names of options that are named like ours. */
const SAME = [
  'close_child_stderr',
  'close_child_stdin',
  'close_child_stdout',
  'cmd',
  'copy_env',
  'executable',
  'gid',
  'graceful_timeout',
  'max_age',
  'max_age_variance',
  'max_retry',
  'on_demand',
  'priority',
  'respawn',
  'send_hup',
  'shell',
  'shell_args',
  'singleton',
  'stop_children',
  'stop_signal',
  'uid',
  'use_sockets',
  'warmup_delay',
] as const satisfies readonly (keyof WatcherOptions)[];

/** Watchers that came by `add`: what nobody gave them Circus has as null, and as empty for those of a config. */
const added = new WeakSet<WatcherApi>();

export function markAdded(watcher: WatcherApi): void {
  added.add(watcher);
}

/** A watcher's options under Circus's names, sorted, freeform ones included. */
export function circusOptions(watcher: WatcherApi): Readonly<Record<string, unknown>> {
  const { spec } = watcher;
  const filled = (value: Readonly<Record<string, unknown>>) => (added.has(watcher) && Object.keys(value).length === 0 ? null : value);
  const options = {
    ...Object.fromEntries(SAME.map((name) => [name, spec[name]])),
    args: spec.args ?? (added.has(watcher) ? null : ''),
    numprocesses: watcher.numprocesses,
    working_dir: spec.working_dir ?? process.env.PWD ?? process.cwd(),
    env: filled(spec.env),
    stdout_stream_conf: filled(spec.stdout_stream),
    stderr_stream_conf: filled(spec.stderr_stream),
    ...spec.options,
  };
  return Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Options as `add` and `set` send them, in the form that a config has them in: `hooks.NAME`, `stdout_stream.KEY` and
 * `stderr_stream.KEY` go into what is there already, and so do hooks, which Circus sets one by one; keys that only a freeform
 * option has stay freeform.
 */
export function configOptions(
  found: Readonly<Record<string, unknown>>,
  spec: Partial<Pick<WatcherOptions, 'hooks' | 'stdout_stream' | 'stderr_stream' | 'options'>> = {},
): Readonly<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  const into = (group: Group, values: object): void => {
    const before = Object.hasOwn(options, group) ? options[group] : spec[group];
    options[group] = { ...(typeof before === 'object' ? before : {}), ...values };
  };
  for (const [key, value] of Object.entries(found)) {
    const [, group, name] = /^(hooks|stdout_stream|stderr_stream)\.(.+)$/.exec(key) ?? [];
    if (group !== undefined && name !== undefined) into(group as Group, { [name]: value });
    else if (key === 'hooks' && typeof value === 'object' && value !== null) into('hooks', value);
    else if (Object.hasOwn(spec.options ?? {}, key)) into('options', { [key]: value });
    else options[key] = value;
  }
  return options;
}

type Group = 'hooks' | 'stdout_stream' | 'stderr_stream' | 'options';
