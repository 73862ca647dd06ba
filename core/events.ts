/**
 * What happens to watchers and is told to everybody: the `event` hook, and from there the event endpoint.
 * Names and bodies are Circus's where Circus has the event; times are seconds since the epoch.
 */
export interface EventBodies {
  /** A process was spawned. */
  spawn: { process_pid: number; time: number };
  /** A process that an earlier daemon had spawned, at `started`, was taken over. */
  adopted: { process_pid: number; time: number; started: number };
  /** A process has ended. `exit_code` is negative for a signal. */
  reap: { process_pid: number; time: number; exit_code: number };
  /** A process was sent a signal to end it. */
  kill: { process_pid: number; time: number };
  /** All processes of a watcher run. */
  start: { time: number };
  /** All processes of a watcher are gone, their groups too. */
  stop: { time: number };
  reload: { time: number };
  updated: { time: number };
  add: { time: number };
  remove: { time: number };
  hook_success: { name: string; time: number };
  hook_failure: { name: string; time: number; error: string };
  /** A process could not be spawned; `errno` is the error's name (ENOENT, EACCES, …). */
  spawn_failed: { time: number; errno: string; error: string };
  /** A watcher was stopped because it cannot be kept running. */
  gave_up: { time: number; reason: string };
  /** A process group outlives SIGKILL (uninterruptible sleep, say). */
  stuck: { process_pid: number; time: number };
  /** What processes write can't be kept at present; `stream` is `stdout` or `stderr`, `error` an errno's name or why. */
  output_lost: { time: number; stream: string; bytes: number; lines: number; error: string };
  /** It can be kept again; `bytes` and `lines` were lost meanwhile. */
  output_resumed: { time: number; stream: string; bytes: number; lines: number };
  /** A process, or a watcher where no `process_pid` is given, used more (or less) than it may, too often. */
  limit_exceeded: { time: number; limit: string; allowed: number; found: number; action: string; process_pid?: number };
  /** A process that gave no sign of life in time, or asked for it itself, is about to be killed and replaced. */
  unresponsive: { process_pid: number; time: number; reason: string };
  /** A check that concerns the watcher has failed as often in a row as its options say; `name` is the check's. */
  check_failed: { name: string; time: number; error: string };
  /** A check that had failed passes again. */
  check_recovered: { name: string; time: number };
  /** A plugin was closed because it kept failing; the watcher's name is `plugin:NAME`. */
  plugin_detached: { time: number; reason: string };
  /** The daemon has to do without something, though it goes on; the watcher's name is `daemon:NAME`, with `name` of `Trouble`. */
  trouble: { time: number; reason: string };
  /** That trouble is over. */
  trouble_over: { time: number };
  /**
   * A client asked for a change, and this came of it; without a watcher where it concerns no single one. `who` is `local` or the name of
   * a key, `connection` tells the connections of clients apart, and `properties` are what was asked for, shortened and without secrets.
   */
  audit: {
    time: number;
    who: string;
    role: string;
    connection: string;
    command: string;
    properties: Readonly<Record<string, unknown>>;
    result: 'ok' | 'error' | 'refused';
    /** Milliseconds from the request to the end of the work. */
    took_ms: number;
    /** Why it failed or was refused. */
    reason?: string;
  };
}
export type EventName = keyof EventBodies;

/** One event, as hooks and clients get it. */
export type SupervisorEvent = {
  readonly [N in EventName]: { readonly watcher: string; readonly name: N; readonly body: Readonly<EventBodies[N]> };
}[EventName];

export const EVENTS: Readonly<Record<EventName, string>> = {
  spawn: 'A process was spawned.',
  adopted: 'A process that the daemon had spawned before it crashed was taken over.',
  reap: 'A process has ended; a negative exit_code is a signal.',
  kill: 'A process was sent a signal that is to end it.',
  start: 'All processes of the watcher run.',
  stop: 'All processes of the watcher are gone, their process groups too.',
  reload: 'The watcher was reloaded.',
  updated: 'An option of the watcher was set.',
  add: 'The watcher was added.',
  remove: 'The watcher was removed.',
  hook_success: 'A hook of the config ran.',
  hook_failure: 'A hook of the config threw, or gave no answer in time.',
  spawn_failed: 'A process could not be spawned.',
  gave_up: 'The watcher was stopped because it cannot be kept running.',
  stuck: 'A process group outlives SIGKILL.',
  output_lost: 'What processes write can not be kept: the disk is full, say, or a consumer too slow.',
  output_resumed: 'What processes write is kept again; tells how much was lost.',
  limit_exceeded: 'A process or a watcher used more or less than it may, too often.',
  unresponsive: 'A process that gave no sign of life in time, or asked for it itself, is about to be killed and replaced.',
  check_failed: 'A check that concerns the watcher failed as often in a row as its options say; `name` is the check.',
  check_recovered: 'A check that had failed passes again.',
  audit: 'A client asked for a change; tells who, and what came of it. Plugins get it; clients ask with the command `audit`.',
  plugin_detached: 'A plugin was closed because it, or one that it requires, kept failing; the watcher is named `plugin:NAME`.',
  trouble: 'The daemon has to do without something, its journal say, though it goes on; the watcher is named `daemon:NAME`.',
  trouble_over: 'The daemon has again what it had to do without.',
};
