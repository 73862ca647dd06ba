import type { SupervisorApi, WatcherApi } from '../../../core/api.js';
import { HookRegistry } from '../../../core/hook-registry.js';
import type { HookName } from '../../../core/hooks.js';
import { type AnyPlugin, definePlugin, type OptionsSchema, type Plugin } from '../../../core/plugin.js';
import { PluginContainer } from '../../../core/plugin-container.js';
import type { PluginEntry } from '../../../core/plugin-instance.js';
import { Scope } from '../../../core/scope.js';
import { type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';

type Setup = Plugin<OptionsSchema, HookName>['setup'];

/** A plugin with all of these hooks and no options. */
export function plugin(name: string, setup: Setup = () => {}, more: { requires?: string[]; per_watcher?: boolean } = {}): AnyPlugin {
  const schema: OptionsSchema = { type: 'object', properties: {} };
  return definePlugin({ name, summary: `${name}.`, schema, hooks: ['ready', 'before_start', 'event'] as HookName[], setup, ...more });
}

export const entry = (made: AnyPlugin, config: Record<string, unknown> = {}): PluginEntry => ({ name: made.name, plugin: made, config });

/** A watcher with its own options for plugins. */
export function watcherWith(plugins: Record<string, Record<string, unknown> | boolean>): WatcherApi {
  return { name: 'web', spec: { plugins } } as unknown as WatcherApi;
}

const scopes: Scope[] = [];

/** Ends everything that `kit` has made. */
export async function endKits(): Promise<void> {
  for (const scope of scopes.splice(0)) await scope.dispose();
}

export function kit({ deadline_ms }: { deadline_ms?: number } = {}) {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const log = recordingLogger(lines);
  const scope = new Scope('supervisor');
  scopes.push(scope);
  const hooks = new HookRegistry({ clock, log });
  const supervisor = { state: 'starting' } as SupervisorApi;
  const directory = process.cwd();
  const emit = (): void => {};
  const container = new PluginContainer({
    hooks,
    clock,
    log,
    scope,
    supervisor,
    directory,
    random: () => 0,
    emit,
    keep: () => {},
    faultBudget: () => 10,
    ...(deadline_ms === undefined ? {} : { deadline_ms }),
  });
  return { clock, lines, scope, hooks, supervisor, container };
}
