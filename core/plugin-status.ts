import type { FaultStatus } from './fault-budget.js';
import type { HookName } from './hooks.js';
import type { OptionsSchema } from './plugin.js';

/** `detached`: closed because it kept failing, until somebody sets it up again. */
export type PluginState = 'setting_up' | 'up' | 'closing' | 'closed' | 'detached';

/** What a plugin's taps of one hook have done. */
export interface PluginTaps {
  readonly hook: HookName;
  readonly calls: number;
  readonly errors: number;
  readonly time_ms: number;
}

/** An option as it is in effect. */
export interface PluginOption {
  readonly name: string;
  readonly value: unknown;
  /** Where its value is from: the schema, the config or a request. */
  readonly from: 'default' | 'config' | 'run_time';
  /** Its schema marks it as a secret: it must not be shown. */
  readonly secret?: true;
}

/** What a plugin says of itself, and its options as they are. */
export interface PluginDescription {
  readonly name: string;
  /** What the config calls it. */
  readonly source: string;
  readonly state: PluginState;
  readonly summary: string;
  readonly hooks: readonly string[];
  readonly requires: readonly string[];
  readonly per_watcher: boolean;
  readonly applies: 'live' | 'daemon' | 'watchers';
  /** JSON Schema of its options. */
  readonly schema: OptionsSchema;
  /** In the order of the schema. */
  readonly options: readonly PluginOption[];
}

/** One plugin as it is now. */
export interface PluginStatus {
  readonly name: string;
  /** What the config calls it. */
  readonly source: string;
  readonly state: PluginState;
  readonly requires: readonly string[];
  /** How long setup took; null before its end. */
  readonly setup_ms: number | null;
  /** In the order of the schema. */
  readonly options: readonly PluginOption[];
  readonly taps: readonly PluginTaps[];
  /** Names of what it offers to other plugins. */
  readonly services: readonly string[];
  /** What was made through its context and is not undone yet, oldest first. */
  readonly owns: readonly string[];
  /** The last of what went wrong outside of hooks, oldest first. */
  readonly errors: readonly string[];
  readonly budget: FaultStatus;
  /** Why it was detached, or null. */
  readonly detached: string | null;
}
