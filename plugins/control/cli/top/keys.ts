import { DAEMON } from './snapshot.js';
import { type Selected, SORTS, selectable, selectedIndex, type TopState } from './state.js';

/** What a key asks for besides another view. */
export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'request'; readonly command: string; readonly properties: Readonly<Record<string, unknown>>; readonly text: string };

export interface Step {
  readonly state: TopState;
  readonly effect?: Effect;
}

const NAMES: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[5~': 'page_up',
  '\u001b[6~': 'page_down',
  '\u001b[H': 'home',
  '\u001b[F': 'end',
  '\u001b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'interrupt',
};

/** The keys in what a terminal sent: names of special ones, others as typed. */
export function readKeys(data: string): readonly string[] {
  const start = '\u001b';
  const keys: string[] = [];
  for (let at = 0; at < data.length; ) {
    const sequence = data[at] === start ? (/^.(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])?/s.exec(data.slice(at))?.[0] ?? start) : undefined;
    const key = sequence ?? String.fromCodePoint(data.codePointAt(at) ?? 0);
    at += key.length;
    const name = NAMES[key] ?? (sequence === undefined ? key : undefined);
    if (name !== undefined) keys.push(name);
  }
  return keys;
}

const MOVES: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  page_up: -10,
  page_down: 10,
  home: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
};

/** What a key does. */
export function pressed(state: TopState, key: string): Step {
  if (key === 'interrupt') return { state, effect: { kind: 'quit' } };
  if (state.is_typing) return { state: typed(state, key) };
  if (state.has_help) return { state: { ...state, has_help: false } };
  const move = MOVES[key];
  if (move !== undefined) return { state: moved(state, move) };
  switch (key) {
    case 'q':
      return { state, effect: { kind: 'quit' } };
    case '?':
    case 'h':
      return { state: { ...state, has_help: true } };
    case '/':
      return { state: { ...state, is_typing: true, message: '' } };
    case 'escape':
      return { state: { ...state, filter: '', message: '' } };
    case 'o':
      return { state: { ...state, sort: SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length] ?? 'cpu' } };
    default:
      return requested(state, key);
  }
}

function typed(state: TopState, key: string): TopState {
  if (key === 'enter') return { ...state, is_typing: false };
  if (key === 'escape') return { ...state, is_typing: false, filter: '' };
  if (key === 'backspace') return { ...state, filter: state.filter.slice(0, -1) };
  return [...key].length === 1 && key >= ' ' ? { ...state, filter: state.filter + key } : state;
}

function moved(state: TopState, by: number): TopState {
  const lines = selectable(state);
  const index = Math.min(Math.max(selectedIndex(state, lines) + by, 0), lines.length - 1);
  return { ...state, selected: lines[index] ?? null };
}

function requested(state: TopState, key: string): Step {
  if (!['r', 's', '+', '=', '-'].includes(key)) return { state };
  const lines = selectable(state);
  const selected = lines[selectedIndex(state, lines)];
  if (selected === undefined) return { state };
  // What was selected is gone or hidden: nobody is to restart by mistake what has taken its place.
  if (selected.watcher !== state.selected?.watcher || selected.pid !== state.selected.pid) {
    return { state: { ...state, selected, message: `selected ${selected.watcher}; press ${key} again` } };
  }
  const refusal = refused(state, selected);
  if (refusal !== null) return { state: { ...state, message: refusal } };
  const { command, properties, text } = requestOf(state, key, selected);
  return { state: { ...state, message: text }, effect: { kind: 'request', command, properties, text } };
}

function refused({ can_control }: TopState, { watcher }: Selected): string | null {
  if (!can_control) return 'only watching: `ringmaster top` can control too';
  return watcher === DAEMON ? 'this is the daemon itself' : null;
}

function requestOf(state: TopState, key: string, { watcher: name, pid }: Selected): Omit<Effect & { kind: 'request' }, 'kind'> {
  const simple = { match: 'simple' };
  if (key === '+' || key === '=') return { command: 'incr', properties: { name }, text: `one more process of ${name}` };
  if (key === '-') return { command: 'decr', properties: { name }, text: `one process less of ${name}` };
  if (key === 's') {
    const status = state.snapshot?.watchers.find((watcher) => watcher.name === name)?.status;
    const command = status === 'stopped' || status === 'stopping' ? 'start' : 'stop';
    return { command, properties: { name, ...simple }, text: `${command} ${name}` };
  }
  if (pid !== null) return { command: 'kill', properties: { name, pid }, text: `replace process ${pid} of ${name}` };
  return { command: 'restart', properties: { name, ...simple }, text: `restart ${name}` };
}
