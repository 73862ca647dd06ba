import type { ProcessView, WatcherApi } from './api.js';
import type { Config } from './config/schema/daemon.js';
import type { EventName, SupervisorEvent } from './events.js';
import type { ProcessOutput } from './output.js';

/**
 * The five kinds of hook, and what an error or a time-out of one tap means.
 *
 * - gate: may refuse with `false` or `{veto: reason}`; a failure refuses too
 * - decide: returns the next decision; a failure leaves the one before
 * - shape: returns the next value; a failure fails the operation
 * - step: awaited one after the other; a failure is reported
 * - watch: told at once, never awaited; a failure is reported
 */
export type HookKind = 'gate' | 'decide' | 'shape' | 'step' | 'watch';

/** A refusal; a gate's `false` becomes one without a reason of its own. */
export interface Veto {
  readonly veto: string;
}
export type GateResult = undefined | void | boolean | Veto;

/** How a process ended. */
export interface Exit {
  /** Exit code, or minus the signal's number. */
  readonly exit_code: number;
  /** Name of the signal that ended it, if one did. */
  readonly signal: string | null;
  /** Nobody could tell how it ended; `exit_code` is 0 then. */
  readonly unknown?: true;
}

/** Of a process of which nobody could tell how it ended. */
export const UNKNOWN_EXIT: Exit = { exit_code: 0, signal: null, unknown: true };

/** What follows a process that ended, or could not be spawned, though it is wanted. */
export type RespawnDecision =
  | { readonly action: 'respawn'; readonly delay_ms: number; readonly reason: string }
  /** The whole watcher stops, and starts again after the delay unless it is asked for something else meanwhile. */
  | { readonly action: 'pause'; readonly delay_ms: number; readonly reason: string }
  | { readonly action: 'give_up'; readonly reason: string };

export interface WatcherArgs {
  readonly watcher: WatcherApi;
}
export interface SpawnArgs extends WatcherArgs {
  readonly wid: number;
}
export interface ProcessArgs extends SpawnArgs {
  readonly pid: number;
}
export interface SignalArgs extends WatcherArgs {
  readonly pid: number;
  readonly signum: number;
}
export interface ReapArgs extends ProcessArgs {
  readonly exit: Exit;
}
export interface OutputArgs extends ProcessArgs {
  /** `stdout` where both outputs have one pipe. */
  readonly stream: 'stdout' | 'stderr';
  /** In the order of writing, without their ends. */
  readonly lines: readonly string[];
  /** What was written before them since the last call and is not shown. */
  readonly skipped_bytes: number;
}
export interface RespawnArgs extends SpawnArgs {
  /** How the last process of this worker id ended; null when it could not be spawned. */
  readonly exit: Exit | null;
  /** errno's name when it could not be spawned. */
  readonly errno: string | null;
  /** Milliseconds that it ran. */
  readonly uptime_ms: number;
  /** How many times in a row it ended early or could not be spawned, this one included. */
  readonly failures: number;
}

/** What is about to be executed; a plugin may change any of it. */
export interface SpawnOptions {
  readonly argv: readonly string[];
  /** The file executed; argv[0] is only the name shown where the two differ. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where standard output goes, instead of what the config's close_child_stdout says; set by plugins. */
  readonly stdout?: ProcessOutput;
  /** The same sink as for `stdout`: one pipe for both, so that what is written stays in order. */
  readonly stderr?: ProcessOutput;
}

export interface StateChange extends WatcherArgs {
  readonly from: string;
  readonly to: string;
}

export interface ConfigArgs {
  /** Names of the plugins that there are when it is in effect. */
  readonly plugins: readonly string[];
}

/** What plugins leave to those of the same name in the version that takes over, by name: JSON, 1 MiB for each at most. */
export type Left = Readonly<Record<string, unknown>>;

export interface TakenOverArgs {
  /** By the version that was replaced; empty after a crash. */
  readonly left: Left;
  /** Of the request for the upgrade. */
  readonly token: string | null;
  /** What plugins of the daemon before had kept, by name of the plugin and key. */
  readonly kept: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Where the daemon before did not end in order: when it was last known to live, in seconds since the epoch; null after an upgrade. */
  readonly crashed: { readonly last_alive: number | null } | null;
}

/** Process information, Circus's keys and whatever plugins add. */
export type Stats = Readonly<Record<string, unknown>>;

/** Arguments of every hook; for `decide` and `shape` the value passed along as well. */
export interface HookTypes {
  before_start: { args: WatcherArgs };
  after_start: { args: WatcherArgs };
  before_spawn: { args: SpawnArgs };
  after_spawn: { args: ProcessArgs };
  before_signal: { args: SignalArgs };
  before_stop: { args: WatcherArgs };
  after_stop: { args: WatcherArgs };
  after_signal: { args: SignalArgs };
  before_reap: { args: ReapArgs };
  after_reap: { args: ReapArgs };
  stats: { args: WatcherArgs & { readonly process: ProcessView }; value: Stats };
  spawn_options: { args: SpawnArgs; value: SpawnOptions };
  config: { args: ConfigArgs; value: Config };
  respawn: { args: RespawnArgs; value: RespawnDecision };
  state_changed: { args: StateChange };
  event: { args: SupervisorEvent };
  output: { args: OutputArgs };
  watcher_added: { args: WatcherArgs };
  watcher_removed: { args: WatcherArgs };
  config_applying: { args: { readonly config: Config } };
  config_applied: { args: { readonly config: Config } };
  config_refused: { args: { readonly reason: string } };
  leaving: { args: object; value: Left };
  taken_over: { args: TakenOverArgs };
  ready: { args: object };
  boot: { args: object };
  before_shutdown: { args: object };
  shutdown: { args: object };
}
export type HookName = keyof HookTypes;

interface HookRow {
  readonly kind: HookKind;
  /** Whether taps may answer with a promise. */
  readonly sync: boolean;
  readonly summary: string;
}

/** Every hook as a row of data: its kind, and when it is called. */
export const HOOKS = {
  before_start: { kind: 'gate', sync: false, summary: 'A watcher is about to start; refusing leaves it stopped.' },
  after_start: { kind: 'gate', sync: false, summary: 'All processes of a watcher were spawned; refusing stops it again.' },
  before_spawn: { kind: 'gate', sync: false, summary: 'A process is about to be spawned; refusing stops the watcher.' },
  after_spawn: { kind: 'gate', sync: false, summary: 'A process was spawned; refusing ends it and stops the watcher.' },
  before_signal: {
    kind: 'gate',
    sync: true,
    summary: 'A signal is about to be sent; refusing withholds it, SIGKILL excepted, and the SIGCONT that follows a stop signal.',
  },
  before_stop: { kind: 'step', sync: false, summary: 'A watcher is about to stop; its processes are asked to end afterwards.' },
  after_stop: { kind: 'step', sync: false, summary: 'A watcher has stopped.' },
  after_signal: { kind: 'watch', sync: true, summary: 'A signal was sent, or withheld.' },
  before_reap: { kind: 'watch', sync: true, summary: 'A process has ended and is about to be forgotten.' },
  after_reap: { kind: 'watch', sync: true, summary: 'A process has ended and was forgotten.' },
  stats: { kind: 'shape', sync: false, summary: 'Process information was sampled; add to it. (Circus: extended_stats)' },
  spawn_options: { kind: 'shape', sync: false, summary: 'What is to be executed was made from the config; change it.' },
  config: { kind: 'shape', sync: false, summary: 'A config was checked and is about to be used, or compared by plan; change it.' },
  respawn: { kind: 'decide', sync: true, summary: 'A process ended though it is wanted: respawn it when, or give up.' },
  state_changed: { kind: 'watch', sync: true, summary: 'A watcher went from one state to another.' },
  event: { kind: 'watch', sync: true, summary: 'Something happened that is told to everybody; see the events.' },
  output: {
    kind: 'watch',
    sync: true,
    summary: 'Processes have written lines that the daemon reads, up to 1 MiB of a watcher in a second; see the guide.',
  },
  watcher_added: { kind: 'watch', sync: true, summary: 'A watcher was added.' },
  watcher_removed: { kind: 'watch', sync: true, summary: 'A watcher was removed.' },
  config_applying: { kind: 'watch', sync: true, summary: 'A changed config is about to be put into effect; nothing was touched yet.' },
  config_applied: { kind: 'watch', sync: true, summary: 'A config was put into effect.' },
  config_refused: { kind: 'watch', sync: true, summary: 'A changed config could not be put into effect, or not all of it.' },
  leaving: {
    kind: 'decide',
    sync: true,
    summary: 'Another version is about to take over: leave word for the plugin of the same name there. No shutdown follows.',
  },
  taken_over: {
    kind: 'watch',
    sync: true,
    summary: 'Another daemon was upgraded to this one, or has crashed; what was running is there again. It comes before boot.',
  },
  ready: { kind: 'watch', sync: true, summary: 'All watchers were started.' },
  boot: { kind: 'step', sync: false, summary: 'The plugins are set up; no watcher has started.' },
  before_shutdown: { kind: 'step', sync: false, summary: 'The supervisor is about to stop; everything still runs.' },
  shutdown: {
    kind: 'step',
    sync: false,
    summary: 'All watchers are stopped, and nothing is left for the next start; plugins are disposed of next.',
  },
} as const satisfies Readonly<Record<HookName, HookRow>>;

type KindOf<N extends HookName> = (typeof HOOKS)[N]['kind'];
/** The value that a `decide` or `shape` hook passes along. */
export type HookValue<N extends HookName> = HookTypes[N] extends { value: infer V } ? V : never;
export type HookArgs<N extends HookName> = HookTypes[N]['args'];
/** Names of the hooks of one kind. */
export type HookOfKind<K extends HookKind> = { [N in HookName]: KindOf<N> extends K ? N : never }[HookName];
type MaybeAsync<N extends HookName, T> = (typeof HOOKS)[N]['sync'] extends true ? T : T | PromiseLike<T>;

/** The function that a plugin taps a hook with. */
export type Tap<N extends HookName> =
  KindOf<N> extends 'gate'
    ? (args: HookArgs<N>) => MaybeAsync<N, GateResult>
    : KindOf<N> extends 'decide' | 'shape'
      ? (value: HookValue<N>, args: HookArgs<N>) => MaybeAsync<N, HookValue<N> | undefined | void>
      : (args: HookArgs<N>) => MaybeAsync<N, unknown>;

export interface TapOptions {
  /** Smaller runs earlier; 0 where none is given. */
  readonly stage?: number;
  /** Names of plugins whose taps of this hook run after this one. */
  readonly before?: readonly string[];
  /** Only for this watcher, by name. */
  readonly watcher?: string;
  /** Milliseconds for an answer; 5000 where none is given. */
  readonly deadline_ms?: number;
  /**
   * For `respawn`: the answer may be a promise, and the respawn that it is about, no other, waits for it until the deadline, for
   * which 100 ms is a good measure. False where nothing is given.
   */
  readonly awaited?: boolean;
  /**
   * For `event`: asked before each one by its name whether this tap is to be told. What nobody wants is not even put together, and a tap is
   * not called, nor counted, for what it does not want. All where nothing is given.
   */
  readonly wants?: (event: EventName) => boolean;
  /** A failure of this tap is reported but refuses nothing. */
  readonly ignore_failure?: boolean;
}

/** One hook as a plugin sees it. */
export interface HookHandle<N extends HookName> {
  /** Adds a tap; disposing of what is returned removes it again. */
  tap(fn: Tap<N>, options?: TapOptions): Disposable;
}
