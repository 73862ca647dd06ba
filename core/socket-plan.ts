import { diffNames, usesSocket, type ValueChange, valueChanges } from './config/diff.js';
import type { SocketOptions } from './config/schema/socket.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { ListenSpec } from './os/port.js';

/** Systemd's first number, and the first that a program has not got already. @source sd_listen_fds(3) */
const FIRST_NUMBER = 3;
/** What a socket can take over while it is open; everything else needs another socket. */
const ADJUSTABLE: ReadonlySet<string> = new Set(['backlog', 'umask', 'replace', 'blocking']);

export interface SocketStep {
  /**
   * socket_open: a socket more. socket_replace: another takes its place, and its users are reloaded. socket_set: the same socket takes the
   * options over. socket_close: it goes when its users have ended or are reloaded.
   */
  readonly do: 'socket_open' | 'socket_replace' | 'socket_set' | 'socket_close';
  readonly socket: string;
  /** Options that differ, of one that stays in the config. */
  readonly changes: readonly ValueChange[];
  /** Watchers that use it, by the config that is to be. */
  readonly users: readonly string[];
}

type Sockets = Readonly<Record<string, SocketOptions>>;

/** What is done about sockets that differ: opened and changed ones first, in the order of the config. */
export function socketSteps(loaded: Sockets, target: Sockets, watchers: Readonly<Record<string, WatcherOptions>>): readonly SocketStep[] {
  const { added, removed, changed } = diffNames(loaded, target);
  const step = (what: SocketStep['do'], socket: string): SocketStep => ({
    do: what,
    socket,
    changes: what === 'socket_open' || what === 'socket_close' ? [] : valueChanges(loaded[socket] ?? {}, target[socket] ?? {}),
    users: Object.entries(watchers).flatMap(([watcher, spec]) => (usesSocket(spec, socket) ? [watcher] : [])),
  });
  const how = (name: string): SocketStep['do'] => {
    const [before, after] = [loaded[name], target[name]];
    return before && after && isSameSocket(listenSpec(before), listenSpec(after)) ? 'socket_set' : 'socket_replace';
  };
  return [
    ...added.map((name) => step('socket_open', name)),
    ...changed.map((name) => step(how(name), name)),
    ...removed.map((name) => step('socket_close', name)),
  ];
}

/** Sockets for whose sake the processes of a watcher are replaced: it has, or is to have, others than it was started with. */
export function socketsRenewed(steps: readonly SocketStep[], before: WatcherOptions, after: WatcherOptions): readonly string[] {
  return steps.filter((step) => isRenewed(step, before, after)).map(({ socket }) => socket);
}

function isRenewed({ do: what, socket, changes }: SocketStep, before: WatcherOptions, after: WatcherOptions): boolean {
  if (what === 'socket_close') return usesSocket(before, socket);
  if (!usesSocket(after, socket)) return false;
  return what !== 'socket_set' || changes.some(({ option }) => option === 'blocking');
}

/** Whether an open socket can go on for these options. Where each process has its own, only new processes can take them over. */
export function isSameSocket(before: ListenSpec, after: ListenSpec): boolean {
  const changed = valueChanges(before, after).map(({ option }) => option);
  return changed.every((option) => ADJUSTABLE.has(option) && (!after.so_reuseport || option === 'replace'));
}

/** @source Circus: a path makes it AF_UNIX whatever `family` says, and so_reuseport has no sense there */
export function listenSpec(options: SocketOptions): ListenSpec {
  const unix = options.path !== null;
  const { type, path, proto, replace, backlog, blocking } = options;
  return {
    ...{ type, path, proto, replace, backlog, blocking, interface: options.interface },
    host: unix ? '' : options.host,
    port: unix ? 0 : options.port,
    family: unix ? 'AF_UNIX' : options.family,
    umask: typeof options.umask === 'number' ? options.umask : null,
    so_reuseport: options.so_reuseport && !unix,
  };
}

/** Numbers for processes: a socket keeps the one that it has, and one that is new gets the smallest that is free. */
export function numberSockets(names: readonly string[], had: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const taken = new Set(names.flatMap((name) => had.get(name) ?? []));
  const free = (): number => {
    let number = FIRST_NUMBER;
    while (taken.has(number)) number++;
    taken.add(number);
    return number;
  };
  return new Map(names.map((name) => [name, had.get(name) ?? free()]));
}
