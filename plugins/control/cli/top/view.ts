import type { ProcessRow, WatcherRow } from './snapshot.js';
import { type History, NO_HISTORY, selectable, selectedIndex, shownWatchers, type TopState, totalsOf } from './state.js';

export interface Line {
  readonly text: string;
  readonly style: 'plain' | 'bold' | 'inverse' | 'dim';
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** What is looked at. */
  readonly endpoint: string;
  /** Time of day, as text. */
  readonly clock: string;
}

const HELP = [
  'up, down, j, k   select a watcher or a process',
  'page up, page down, home, end',
  'r                restart the watcher; replace the process',
  's                stop the watcher, or start it again',
  '+, -             one process more, one less',
  'o                sort by cpu, mem, name, age',
  '/                filter by name or pid; escape shows all again',
  'q                quit',
  '',
  'CPU is percent of one processor. The daemon itself is listed last.',
];

const plain = (text: string): Line => ({ text, style: 'plain' });

/** The whole screen, one line for each of its rows. */
export function renderTop(state: TopState, frame: Frame): readonly Line[] {
  const { width, height } = frame;
  const head = [
    ...headLines(state, frame),
    { text: columns('NAME', 'STATUS', 'CPU%', 'MEM%', 'RSS', 'AGE', 'CPU', width), style: 'inverse' } as const,
  ];
  const room = Math.max(1, height - head.length - 1);
  const body = state.has_help ? HELP.map((text) => plain(`  ${text}`)) : bodyLines(state, width, room);
  const filled = Array.from({ length: room }, (_, row) => body[row] ?? plain(''));
  return [...head, ...filled, footLine(state)].slice(0, height).map(({ text, style }) => ({ text: cell(text, width), style }));
}

/** All that there is, however long: for where there is no terminal. */
export function renderTable(state: TopState, width: number): string {
  const lines = [
    columns('NAME', 'STATUS', 'CPU%', 'MEM%', 'RSS', 'AGE', '', width),
    ...rowLines({ ...state, histories: {} }, width).map(({ text }) => text),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function headLines(state: TopState, { width, endpoint, clock }: Frame): readonly Line[] {
  const all = (state.snapshot?.watchers ?? []).flatMap(({ processes }) => processes);
  const { cpu_percent, mem_percent } = totalsOf(all);
  const right = `${all.length} processes  ${clock}`;
  const left = `ringmaster top  ${endpoint}`;
  const bars = Math.max(5, Math.floor((width - 36) / 2));
  const figures = `cpu ${number(cpu_percent).padStart(7)}% ${sparkline(state.total.cpu, bars)}   mem ${number(mem_percent).padStart(5)}% ${sparkline(state.total.mem, bars)}`;
  return [
    { text: `${cell(left, Math.max(0, width - right.length - 1)).padEnd(width - right.length)}${right}`, style: 'bold' },
    plain(figures),
  ];
}

function bodyLines(state: TopState, width: number, room: number): readonly Line[] {
  if (state.snapshot === null) return [plain('  waiting for data …')];
  const index = selectedIndex(state, selectable(state));
  const rows = rowLines(state, width);
  if (rows.length === 0) return [plain(state.filter === '' ? '  no watchers' : `  nothing matches ${state.filter}`)];
  const first = Math.max(0, Math.min(index - Math.floor(room / 2), rows.length - room));
  return rows.map((line, row): Line => (row === index ? { ...line, style: 'inverse' } : line)).slice(first, first + room);
}

function rowLines(state: TopState, width: number): readonly Line[] {
  const rows = shownWatchers(state).flatMap((watcher) => [
    watcherLine(watcher, state.histories[watcher.name] ?? NO_HISTORY, width),
    ...watcher.processes.map((row) => processLine(row, width)),
  ]);
  const wanted = (state.snapshot?.sockets ?? []).filter(({ address }) => address.toLowerCase().includes(state.filter.toLowerCase()));
  const sockets = wanted.map(({ address, hits }) => plain(`socket ${printable(address)}  ${hits} connections`));
  return [...rows, ...sockets];
}

function watcherLine({ name, status, processes }: WatcherRow, { cpu }: History, width: number): Line {
  const { cpu_percent, mem_percent, rss_bytes, age_s } = totalsOf(processes);
  const state = status === null ? `${processes.length}` : `${status} ${processes.length}`;
  const spark = sparkline(cpu, SPARK);
  return { text: columns(name, state, number(cpu_percent), number(mem_percent), size(rss_bytes), age(age_s), spark, width), style: 'bold' };
}

function processLine(row: ProcessRow, width: number): Line {
  const name = `  ${row.pid} ${row.name}`;
  return plain(columns(name, '', number(row.cpu_percent), number(row.mem_percent), size(row.rss_bytes), age(row.age_s), '', width));
}

function footLine(state: TopState): Line {
  if (state.is_typing) return plain(`/${state.filter}_   enter keeps it, escape shows all`);
  if (state.message !== '') return plain(state.message);
  const control = state.can_control ? ' r restart s stop/start +- scale' : '';
  const filter = state.filter === '' ? '/ filter' : `/ ${state.filter}`;
  return { text: `? help q quit ↑↓ select${control} o sort: ${state.sort} ${filter}`, style: 'dim' };
}

const SPARK = 12;
const STATUS = 12;

function columns(name: string, status: string, cpu: string, mem: string, rss: string, time: string, spark: string, width: number): string {
  const numbers = [cpu.padStart(6), mem.padStart(6), rss.padStart(8), time.padStart(5), spark.padEnd(SPARK)].join(' ');
  const room = Math.max(8, width - numbers.length - STATUS - 2);
  return `${cell(name, room).padEnd(room)} ${cell(status, STATUS).padEnd(STATUS)} ${numbers}`;
}

/** As much of a text as fits, without anything that a terminal takes for an order. */
function cell(text: string, width: number): string {
  const characters = [...printable(text)];
  return characters.length <= width ? characters.join('') : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

const BARS = [...'▁▂▃▄▅▆▇█'];
/** What a full bar stands for at least, so that a little noise does not look like much. */
const LEAST_FULL = 10;

/** The last figures as bars, as many as there is room for, the newest on the right. */
export function sparkline(figures: readonly number[], width: number): string {
  const shown = figures.slice(-width);
  const full = Math.max(LEAST_FULL, ...shown);
  return shown
    .map((figure) => BARS[Math.min(BARS.length - 1, Math.floor((figure / full) * BARS.length))])
    .join('')
    .padStart(width);
}

const number = (value: number): string => value.toFixed(1);

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

function size(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), UNITS.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)}${UNITS[power]}`;
}

/** `45s`, `12m`, `3h`, `5d` */
function age(age_s: number): string {
  if (age_s < 100) return `${Math.floor(age_s)}s`;
  if (age_s < 6000) return `${Math.floor(age_s / 60)}m`;
  return age_s < 360_000 ? `${Math.floor(age_s / 3600)}h` : `${Math.floor(age_s / 86_400)}d`;
}
