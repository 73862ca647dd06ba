import { definePlugin, messageOf, OUTPUT_NAMES, type OutputName, systemClock, type WatcherApi } from '../../core/index.js';
import { logsCommand } from './logs-command.js';
import type { Outputs } from './outputs.js';
import { PluginStreams } from './plugin-streams.js';
import { schema } from './schema.js';

/** What other plugins get as the service `logs`. */
export interface LogsService {
  /**
   * The last output of a watcher, of one of its streams where that is kept by itself (type memory); null where none is kept.
   *
   * @param watcher name, case ignored
   */
  tail(watcher: string, name?: OutputName): Buffer | null;
  /** Opens all files again, after they were moved away. */
  reopen(): void;
}

export default definePlugin({
  name: 'logs',
  summary: 'Reads what processes write and puts it into files, memory, the console or functions, as the watcher says.',
  schema,
  per_watcher: true,
  hooks: ['spawn_options', 'event', 'stats', 'watcher_removed', 'config_applied'],
  setup({ config, configFor, supervisor, hooks, clock, random, log, scope, emit, provide, directory, extend, extensions }) {
    let loading: Promise<Outputs> | undefined;
    let outputs: Outputs | undefined;
    const load = async (): Promise<Outputs> => {
      const made = await import('./outputs.js');
      outputs = new made.Outputs({ streams, clock, patient: systemClock, random, log, config, emit, directory });
      return outputs;
    };
    scope.add('outputs', () => outputs?.close());

    hooks.spawn_options.tap((options, { watcher }) => {
      const own = configFor(watcher);
      if (own === null || (own.tail === 0 && !asks(watcher))) return undefined;
      loading ??= begin();
      return loading.then(async (loaded) => ({ ...options, ...(await loaded.prepare(watcher, own)) }));
    });

    const refresh = (watcher: WatcherApi): void => {
      // An event is told before the options are changed.
      clock.setImmediate(() => {
        outputs
          ?.of(watcher)
          ?.refresh()
          .catch((error: unknown) => log.error(`output of ${watcher.name}: ${messageOf(error)}`));
      });
    };
    const begin = (): Promise<Outputs> => {
      hooks.event.tap(
        ({ watcher: name, name: event }) => {
          const watcher = outputs === undefined ? undefined : supervisor.find(name);
          if (watcher === undefined) return;
          if (event === 'updated') refresh(watcher);
          else if (event === 'reload') outputs?.of(watcher)?.reopen();
          else if (event === 'stop') outputs?.of(watcher)?.rest();
        },
        { wants: (name) => name === 'updated' || name === 'reload' || name === 'stop' },
      );
      return load();
    };
    const refreshAll = (): void => {
      for (const watcher of supervisor.watchers()) refresh(watcher);
    };
    const streams = new PluginStreams(extensions('stream'), log, refreshAll);
    hooks.config_applied.tap(refreshAll);
    hooks.stats.tap((stats, { watcher }) => {
      const counters = outputs?.of(watcher)?.counters();
      return counters && { ...stats, output: counters };
    });
    hooks.watcher_removed.tap(({ watcher }) => outputs?.of(watcher)?.closeLater());

    const service: LogsService = {
      tail(name, stream) {
        const watcher = supervisor.find(name);
        return watcher === undefined ? null : (outputs?.of(watcher)?.tail(stream) ?? null);
      },
      reopen: () => {
        for (const one of outputs?.all() ?? []) one.reopen();
      },
    };
    provide('logs', service);
    extend(
      'command',
      logsCommand((watcher) => outputs?.of(watcher)?.kept() ?? []),
    );
  },
});

/** Whether the config says anything about where the watcher's outputs go. */
function asks({ spec }: WatcherApi): boolean {
  return (
    OUTPUT_NAMES.some((name) => spec[name] !== null && spec[name] !== undefined) ||
    hasKeys(spec.stdout_stream) ||
    hasKeys(spec.stderr_stream)
  );
}

function hasKeys(value: object): boolean {
  return Object.keys(value).length > 0;
}
