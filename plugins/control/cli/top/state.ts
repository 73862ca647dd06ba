import { DAEMON, type ProcessRow, type Snapshot, type WatcherRow } from './snapshot.js';

export const SORTS = ['cpu', 'mem', 'name', 'age'] as const;
type Sort = (typeof SORTS)[number];

/** Rounds that the sparklines go back. */
export const HISTORY = 60;

/** Percent of each round, oldest first. */
export interface History {
  readonly cpu: readonly number[];
  readonly mem: readonly number[];
}

/** A line that can be selected: a watcher, or a process of it. */
export interface Selected {
  readonly watcher: string;
  readonly pid: number | null;
}

/** Everything that the view shows. */
export interface TopState {
  /** Null until the first look has come. */
  readonly snapshot: Snapshot | null;
  readonly total: History;
  readonly histories: Readonly<Record<string, History>>;
  readonly sort: Sort;
  readonly filter: string;
  /** Whether the filter is being typed. */
  readonly is_typing: boolean;
  readonly selected: Selected | null;
  readonly has_help: boolean;
  /** What the last request came to. */
  readonly message: string;
  /** Whether there is a control endpoint for requests. */
  readonly can_control: boolean;
}

export const NO_HISTORY: History = { cpu: [], mem: [] };

export function initialState(can_control: boolean): TopState {
  return {
    snapshot: null,
    total: NO_HISTORY,
    histories: {},
    sort: 'cpu',
    filter: '',
    is_typing: false,
    selected: null,
    has_help: false,
    message: '',
    can_control,
  };
}

export interface Totals {
  readonly cpu_percent: number;
  readonly mem_percent: number;
  readonly rss_bytes: number;
  /** Of the oldest. */
  readonly age_s: number;
}

export function totalsOf(processes: readonly ProcessRow[]): Totals {
  const sum = (pick: (row: ProcessRow) => number): number => processes.reduce((total, row) => total + pick(row), 0);
  return {
    cpu_percent: sum((row) => row.cpu_percent),
    mem_percent: sum((row) => row.mem_percent),
    rss_bytes: sum((row) => row.rss_bytes),
    age_s: Math.max(0, ...processes.map((row) => row.age_s)),
  };
}

/** The state after a look at the daemon. */
export function withSnapshot(state: TopState, snapshot: Snapshot): TopState {
  const histories = Object.fromEntries(
    snapshot.watchers.map(({ name, processes }) => [name, lengthened(state.histories[name] ?? NO_HISTORY, totalsOf(processes))]),
  );
  const all = snapshot.watchers.flatMap(({ processes }) => processes);
  const next = { ...state, snapshot, histories, total: lengthened(state.total, totalsOf(all)) };
  return { ...next, selected: state.selected ?? selectable(next)[0] ?? null };
}

function lengthened({ cpu, mem }: History, totals: Totals): History {
  return { cpu: [...cpu, totals.cpu_percent].slice(-HISTORY), mem: [...mem, totals.mem_percent].slice(-HISTORY) };
}

/** Watchers and their processes as they are to be shown: filtered and sorted, the daemon itself last. */
export function shownWatchers({ snapshot, filter, sort }: TopState): readonly WatcherRow[] {
  const wanted = filter.toLowerCase();
  const watchers = (snapshot?.watchers ?? []).flatMap((watcher) => {
    if (watcher.name.toLowerCase().includes(wanted)) return [watcher];
    const processes = watcher.processes.filter((row) => `${row.pid} ${row.name}`.toLowerCase().includes(wanted));
    return processes.length > 0 ? [{ ...watcher, processes }] : [];
  });
  const rank = ({ name, processes }: WatcherRow): Rank => ({ name, number: 0, ...totalsOf(processes) });
  return watchers
    .map((watcher) => ({ ...watcher, processes: watcher.processes.toSorted((a, b) => compare(sort, processRank(a), processRank(b))) }))
    .toSorted((a, b) => Number(a.name === DAEMON) - Number(b.name === DAEMON) || compare(sort, rank(a), rank(b)));
}

type Rank = Omit<Totals, 'rss_bytes'> & { readonly name: string; readonly number: number };
const processRank = (row: ProcessRow): Rank => ({ ...row, number: row.pid });

function compare(sort: Sort, a: Rank, b: Rank): number {
  const by_name = a.name === b.name ? a.number - b.number : a.name < b.name ? -1 : 1;
  if (sort === 'cpu') return b.cpu_percent - a.cpu_percent || by_name;
  if (sort === 'mem') return b.mem_percent - a.mem_percent || by_name;
  return sort === 'age' ? b.age_s - a.age_s || by_name : by_name;
}

/** Lines that can be selected, in the order shown. */
export function selectable(state: TopState): readonly Selected[] {
  return shownWatchers(state).flatMap(({ name, processes }) => [
    { watcher: name, pid: null },
    ...processes.map(({ pid }) => ({ watcher: name, pid })),
  ]);
}

/** Where the selected line stands among them: its watcher's where it is gone, the first where that is too. */
export function selectedIndex({ selected }: TopState, lines: readonly Selected[]): number {
  if (selected === null) return 0;
  const exact = lines.findIndex(({ watcher, pid }) => watcher === selected.watcher && pid === selected.pid);
  return Math.max(0, exact >= 0 ? exact : lines.findIndex(({ watcher }) => watcher === selected.watcher));
}
