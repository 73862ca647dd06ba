import type { WatcherStatus } from '../../../core/api.js';
import { SLOT_TABLE, type SlotEffect, type SlotEvent, type SlotState } from '../../../core/slot-state.js';
import type { Phase } from '../../../core/watcher-plan.js';
import { code, fenced, page, table } from './markdown.js';

const STATES: Readonly<Record<SlotState, string>> = {
  idle: 'There is no process; `respawn_at` says when a replacement is due.',
  admitting: 'The gate before_spawn is asked.',
  spawning: 'It waits for its turn in the spawn queue, then for the operating system.',
  starting: 'There is a process; the gate after_spawn is asked.',
  up: 'There is a process.',
  stopping: 'The process was asked to end; its group is waited for, graceful_timeout at most.',
  killing: 'The group was sent SIGKILL and is waited for.',
  stuck: 'The group outlives SIGKILL, which was reported; the kernel is waited for.',
};

const EVENTS: Readonly<Record<SlotEvent, string>> = {
  begin: 'the plan wants a process here',
  admitted: 'the gate before_spawn let it pass',
  refused: 'a gate refused',
  spawned: 'the operating system has made the process',
  spawn_failed: 'the operating system has not',
  adopted: 'a process that the daemon had spawned before it crashed was taken over',
  accepted: 'the gate after_spawn let it pass',
  exited: 'the process has ended; others of its group may live',
  end: 'the plan or a request wants the process to end',
  deadline: 'graceful_timeout, or the patience after SIGKILL, is over',
  group_empty: 'the process and its whole group are gone',
};

const EFFECTS: Readonly<Record<SlotEffect, string>> = {
  ask_before_spawn: 'ask the gate before_spawn',
  spawn: 'put it into the spawn queue',
  announce: 'tell the event `spawn`',
  tell_adopted: 'tell the event `adopted`',
  ask_after_spawn: 'ask the gate after_spawn',
  abandon_start: 'stop the watcher, for a gate refused',
  ask_to_end: 'send the stop signal and set the deadline',
  hurry: 'send another signal; the earlier deadline holds',
  kill_group: 'send SIGKILL to the whole group',
  report_stuck: 'tell the event `stuck`',
  reap: 'tell the event `reap` and forget the pid',
  drain_group: 'end what the dead process left in its group, and wait for that here',
  leave_group: 'end what the dead process left in its group, while the slot goes on',
  decide_respawn: 'decide whether and when the process is replaced',
};

/** Each phase of a watcher with the status that it shows. */
export const PHASES: Readonly<Record<Phase, readonly [status: WatcherStatus, words: string]>> = {
  stopped: ['stopped', 'nothing runs, and no process group is left'],
  before_start: ['starting', 'the gate before_start is asked; its answer is not waited for where a stop comes'],
  starting: ['starting', 'slots are filled'],
  after_start: ['starting', 'all processes were spawned; the gate after_start is asked'],
  active: ['active', 'the plan keeps the processes running'],
  before_stop: ['stopping', 'the step before_stop runs'],
  stopping: ['stopping', 'processes end; every group is waited for'],
  after_stop: ['stopped', 'everything is gone; the step after_stop runs'],
};

export function statesPage(): string {
  const transitions = Object.entries(SLOT_TABLE).flatMap(([state, row]) =>
    Object.entries(row).map(([event, { to, effects }]) => ({ state, event, to, effects })),
  );
  const diagram = ['stateDiagram-v2', '  [*] --> idle', ...transitions.map(({ state, event, to }) => `  ${state} --> ${to}: ${event}`)];
  return page('States reference', 'core/slot-state.ts and core/watcher-plan.ts', [
    '[How ringmaster is built](../architecture.md) tells what they are for.',
    '## Phases of a watcher',
    table(
      ['Phase', 'Status', 'Meaning'],
      Object.entries(PHASES).map(([phase, [status, words]]) => [code(phase), code(status), words]),
    ),
    '## States of a slot',
    table(
      ['State', 'Meaning'],
      Object.entries(STATES).map(([state, words]) => [code(state), words]),
    ),
    fenced('mermaid', diagram.join('\n')),
    '## Events of a slot',
    table(
      ['Event', 'Meaning'],
      Object.entries(EVENTS).map(([event, words]) => [code(event), words]),
    ),
    '## Transitions',
    'An event that a state has no row for comes too late to matter and changes nothing.',
    table(
      ['State', 'Event', 'Next state', 'Effects'],
      transitions.map(({ state, event, to, effects }) => [code(state), code(event), code(to), effects.map(code).join(', ')]),
    ),
    '## Effects',
    table(
      ['Effect', 'Meaning'],
      Object.entries(EFFECTS).map(([effect, words]) => [code(effect), words]),
    ),
  ]);
}
