import type { AppliedPlan, ConfigPlan, OptionChange, PlanStep, SocketStep } from '../../core/index.js';
import { listOf, objectOf } from './arguments.js';
import type { Reply } from './command.js';

type Shown = AppliedPlan['steps'][number];
type Change = Partial<OptionChange> & Pick<OptionChange, 'option' | 'from' | 'to'> & { readonly keys?: readonly string[] };
type Changes = readonly Change[];

/** What holds where an option is not set, in words. */
type Unset = Readonly<Record<string, string>>;
const AS_DAEMON = 'as the daemon';
const UNSET_IN_WATCHER: Unset = { durable: AS_DAEMON, nice: AS_DAEMON, uid: AS_DAEMON, umask: AS_DAEMON, working_dir: AS_DAEMON };

/** What is printed for a reply of `plan`: the steps, and what they end. */
export function planText(reply: Reply): string {
  const steps = stepsOf(reply);
  if (steps.length === 0) return 'no difference';
  const pids = steps.flatMap((step) => ('pids' in step ? step.pids : []));
  const ends = pids.length === 0 ? 'no process ends' : `processes that end: ${pids.join(', ')}`;
  return [...steps.flatMap((step) => stepLines(step, headOf(step))), '', `${counted(steps)}; ${ends}`].join('\n');
}

/** What is printed for a reply of `apply`: the steps, and what came of each. */
export function appliedText(reply: Reply): string {
  const steps = stepsOf(reply);
  if (steps.length === 0) return 'no difference, nothing was done';
  return [...steps.flatMap((step) => stepLines(step, `${headOf(step)}${outcomeOf(step)}`)), '', `${counted(steps)} done`].join('\n');
}

/** Steps as a reply has them: a change of an environment or another object names the `keys` that differ, for masked values are all the same. */
export function replySteps(steps: readonly Shown[]): readonly Shown[] {
  return steps.map((step) => ('changes' in step ? ({ ...step, changes: step.changes.map(withKeys) } as Shown) : step));
}

function withKeys(change: Change): Change {
  if (!isMap(change.from) || !isMap(change.to)) return change;
  const [old, now] = [objectOf(change.from), objectOf(change.to)];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return { ...change, keys: keys.filter((key) => shown(old[key]) !== shown(now[key])) };
}

/** The daemon wrote them by the same types. */
function stepsOf(reply: Reply): readonly Shown[] {
  return listOf(reply.steps) as ConfigPlan['steps'];
}

function counted(steps: readonly PlanStep[]): string {
  const shown = steps.filter((step) => !isFirstHalf(step)).length;
  return `${shown} ${shown === 1 ? 'step' : 'steps'}`;
}

/** A plugin that is closed only to be set up again. */
function isFirstHalf(step: PlanStep): boolean {
  return step.do === 'plugin_unload' && step.reason !== 'removed';
}

function stepLines(step: Shown, head: string): readonly string[] {
  if (isFirstHalf(step)) return [];
  return [head, ...changeLines('changes' in step ? step.changes : [], 'watcher' in step ? UNSET_IN_WATCHER : {})];
}

function headOf(step: Shown): string {
  switch (step.do) {
    case 'add':
      return `+ ${step.watcher}: add${step.start ? ' and start' : ', not started'}${bringerOf(step)}${step.drift ? ' (drift: removed at run time)' : ''}`;
    case 'remove':
      return `- ${step.watcher}: remove${pidsOf(step.pids)}${bringerOf(step)}${step.drift ? ' (drift: added at run time)' : ''}`;
    case 'plugin_load':
      return step.reason === 'added'
        ? `+ plugin ${step.plugin}: set up${step.drift ? ' (drift: removed at run time)' : ''}`
        : `~ plugin ${step.plugin}: set up again, ${step.reason}${step.drift ? ' (drift)' : ''}`;
    case 'plugin_unload':
      return `- plugin ${step.plugin}: close${step.drift ? ' (drift: added at run time)' : ''}`;
    case 'option':
      return `~ ${step.option}: ${shown(step.from)} -> ${shown(step.to)} (live)`;
    case 'restart_daemon':
      return `! ${step.what} ${step.name}: ${step.change}, takes effect when the daemon is started again`;
    case 'socket_open':
      return `+ socket ${step.socket}: open${usersOf(step)}`;
    case 'socket_close':
      return `- socket ${step.socket}: close${usersOf(step)}`;
    case 'socket_replace':
      return `~ socket ${step.socket}: open another in its place${usersOf(step)}`;
    case 'socket_set':
      return `~ socket ${step.socket}: set${usersOf(step)}`;
    default:
      return `~ ${step.watcher}: ${step.do}${pidsOf(step.pids)}${bringerOf(step)}${step.sockets ? `, for socket ${step.sockets.join(', ')}` : ''}`;
  }
}

function bringerOf({ brought_by }: { readonly brought_by?: string }): string {
  return brought_by === undefined ? '' : `, of plugin ${brought_by}`;
}

function outcomeOf({ outcome }: Shown): string {
  if (outcome === undefined) return '';
  const { started, stopped, instead } = outcome;
  const parts = [
    ...(started.length > 0 ? [`started ${started.join(', ')}`] : []),
    ...(stopped.length > 0 ? [`stopped ${stopped.join(', ')}`] : []),
    ...(instead === undefined ? [] : [`but ${instead}`]),
  ];
  return parts.length === 0 ? '' : `; ${parts.join('; ')}`;
}

/** One line for each value that differs; of environments and other objects, one for each key. */
function changeLines(changes: Changes, unset: Unset): readonly string[] {
  return changes.flatMap((change) => {
    const { effect, drift } = change;
    const marks = [...(effect === undefined ? [] : [effect]), ...(drift === true ? ['drift'] : [])];
    const tail = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
    return pairsOf(change).map(([key, old, now]) => `    ${key}: ${shown(old, unset[key])} -> ${shown(now, unset[key])}${tail}`);
  });
}

function pairsOf({ option, from, to, keys }: Change): readonly (readonly [string, unknown, unknown])[] {
  if (keys === undefined) return [[option, from, to]];
  const [old, now] = [objectOf(from), objectOf(to)];
  return keys.map((key) => [`${option}.${key}`, old[key], now[key]]);
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown, unset = 'not set'): string {
  return value === undefined || value === null ? unset : JSON.stringify(value);
}

function usersOf({ users }: SocketStep): string {
  return users.length === 0 ? '' : `; used by ${users.join(', ')}`;
}

function pidsOf(pids: readonly number[]): string {
  return pids.length === 0 ? '' : ` (${pids.length === 1 ? 'pid' : 'pids'} ${pids.join(', ')})`;
}
