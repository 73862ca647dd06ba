import { RingmasterError } from '../errors.js';
import type { Exit } from '../hooks.js';
import type { AdoptListener, DurableOs } from '../os/durable.js';
import { OsError } from '../os/os-error.js';
import type { ListeningSocket, ListenSpec, Os, SignalResult, SocketIdentity, SpawnListener, SpawnRequest } from '../os/port.js';
import { type FakeChance, varied } from './chance.js';
import { FakeDurable } from './fake-durable.js';
import { CLEAN_EXIT, type FakeChild, FakeProcess, MS_PER_TICK } from './fake-process.js';
import { FakeSocket } from './fake-socket.js';
import type { VirtualClock } from './virtual-clock.js';

export type { FakeChild } from './fake-process.js';

/** How a spawn, and the process that comes of it, behaves. */
export interface FakeBehaviour extends FakeChild {
  /** Name of the errno that the spawn fails with. */
  readonly fails?: string;
  /** Milliseconds until `spawned` or `failed` is told; without it, within the call. */
  readonly told_after_ms?: number;
  /** Signals to it are not permitted. */
  readonly denied?: boolean;
}

/** Something that happened, in order; `at_ms` is on the virtual clock. */
export type OsAction = { readonly at_ms: number } & (
  | { readonly kind: 'spawn'; readonly pid: number; readonly request: SpawnRequest }
  | { readonly kind: 'spawn_failed'; readonly errno: string; readonly request: SpawnRequest }
  | {
      readonly kind: 'signal';
      readonly target: 'process' | 'group';
      readonly pid: number;
      readonly signum: number;
      readonly result: SignalResult;
    }
  | { readonly kind: 'exit'; readonly pid: number; readonly exit: Exit }
  | { readonly kind: 'release'; readonly pid: number }
  | { readonly kind: 'adopt'; readonly pid: number }
  | { readonly kind: 'leave'; readonly pid: number }
  /** A socket was taken back out of a process that has it. */
  | { readonly kind: 'take_socket'; readonly pid: number; readonly inode: number }
);
export interface FakeOsOptions {
  /** Decides what scripts leave open: pids, and how long things take. Without it everything is at once, and pids go up by one. */
  readonly chance?: FakeChance;
  /** Told of each action. */
  readonly told?: (action: OsAction) => void;
}
type Untimed<A> = A extends OsAction ? Omit<A, 'at_ms'> : never;

const FIRST_PID = 1000;
/** With chance, pids go up by as much as this. */
const PID_STEP = 9;
const FIRST_FD = 100;
const DAEMON_PID = 999;
const INIT_PID = 1;

/** An operating system without one: processes are scripted, time is the virtual clock's, and everything is on record. */
export class FakeOs implements Os {
  readonly name = 'fake';
  readonly missing: readonly string[] = [];
  /** Everything that was done and happened, oldest first. */
  readonly actions: OsAction[] = [];
  /** Every socket that was opened, closed ones too, oldest first. */
  readonly sockets: FakeSocket[] = [];
  /** Why a socket can't be opened, as the name of an errno; undefined where it can. */
  refuse: (spec: ListenSpec) => string | undefined = () => undefined;
  readonly users = new Map<string, { readonly uid: number; readonly gid: number }>([
    ['root', { uid: 0, gid: 0 }],
    ['nobody', { uid: 65534, gid: 65534 }],
  ]);
  readonly groups = new Map<string, number>([
    ['root', 0],
    ['nogroup', 65534],
  ]);
  readonly #clock: VirtualClock;
  readonly #processes = new Map<number, FakeProcess>();
  readonly #denied = new Set<number>();
  readonly #released = new Set<number>();
  /** Who is told of the end of those that were adopted. */
  readonly #adopters = new Map<number, AdoptListener>();
  /** State directories, which outlive supervisors, and processes that are found again. */
  readonly state = new FakeDurable({
    all: () => this.#processes.values(),
    get: (pid) => this.#processes.get(pid),
    sinceStart: (start_ticks) => this.#clock.now() - start_ticks * MS_PER_TICK,
    adopt: (pid, listener) => {
      this.#released.delete(pid);
      this.#adopters.set(pid, listener);
      this.#record({ kind: 'adopt', pid });
    },
    leave: (pid) => {
      this.#released.add(pid);
      this.#record({ kind: 'leave', pid });
    },
    endWaiting: (path) => {
      for (const { pid, request } of this.of('spawn')) if (request.argv.at(-1) === path) this.#live(pid)?.exit(CLEAN_EXIT);
    },
    takeSocket: (spec, identity, from) => this.#takeSocket(spec, identity, from),
  });
  #behave: (request: SpawnRequest, nth: number) => FakeBehaviour = () => ({});
  #spawns = 0;
  #nextPid = FIRST_PID;

  readonly #chance: FakeChance | undefined;
  readonly #told: FakeOsOptions['told'];

  constructor(clock: VirtualClock, { chance, told }: FakeOsOptions = {}) {
    this.#clock = clock;
    this.#chance = chance;
    this.#told = told;
  }

  /**
   * How spawns behave from now on.
   *
   * @param script for all of them, or by request; `nth` counts all spawns from 1
   */
  behave(script: FakeBehaviour | ((request: SpawnRequest, nth: number) => FakeBehaviour)): void {
    this.#behave = typeof script === 'function' ? script : () => script;
  }

  /** Makes a process end now. @throws Error where there is no such live process */
  exit(pid: number, exit: Exit = CLEAN_EXIT): void {
    const process = this.#live(pid);
    if (process === undefined) throw new Error(`there is no live process ${pid}, alive are ${this.alive.join(', ') || 'none'}`);
    process.exit(exit);
  }

  /** Pids of all live processes, ascending. */
  get alive(): readonly number[] {
    return [...this.#processes.values()].filter((process) => process.alive).map((process) => process.pid);
  }

  /** The process that was spawned and that this one, alive or not, descends from, perhaps itself; undefined for a pid never given out. */
  leaderOf(pid: number): number | undefined {
    return this.#processes.get(pid)?.leader;
  }

  /** Whether a process, alive or not, is of the group that `leader` leads. */
  inGroupOf(pid: number, leader: number): boolean {
    return this.#processes.get(pid)?.pgid === leader;
  }

  /** The actions of one kind, oldest first. */
  of<K extends OsAction['kind']>(kind: K): readonly Extract<OsAction, { kind: K }>[] {
    return this.actions.filter((action): action is Extract<OsAction, { kind: K }> => action.kind === kind);
  }

  spawn(request: SpawnRequest, listener: SpawnListener): void {
    this.#spawns += 1;
    const scripted = this.#behave(request, this.#spawns);
    const behaviour = this.#chance === undefined ? scripted : varied(scripted, this.#chance);
    const { told_after_ms, fails } = behaviour;
    const act = (): void => {
      if (fails === undefined) {
        this.#start(request, behaviour, listener);
        return;
      }
      this.#record({ kind: 'spawn_failed', errno: fails, request });
      listener.failed(fails, `spawn ${request.file} ${fails}`);
    };
    if (told_after_ms === undefined) act();
    else this.#clock.setTimeout(act, told_after_ms);
  }

  signal(pid: number, signum: number): SignalResult {
    const process = this.#live(pid);
    return this.#deliver('process', pid, signum, process === undefined ? [] : [process], this.#processes.get(pid)?.zombie);
  }

  signalGroup(pgid: number, signum: number): SignalResult {
    const zombie = [...this.#processes.values()].some((process) => process.pgid === pgid && process.zombie);
    return this.#deliver('group', pgid, signum, this.#group(pgid), zombie);
  }

  groupAlive(pgid: number): boolean {
    return this.#live(pgid) === undefined && this.#group(pgid).length > 0;
  }

  children(pid: number, recursive: boolean): readonly number[] {
    const direct = [...this.#processes.values()].filter((process) => process.alive && process.parent === pid);
    return direct.flatMap((process) => [process.pid, ...(recursive ? this.children(process.pid, true) : [])]);
  }

  listen(spec: ListenSpec): Promise<ListeningSocket> {
    const errno = this.refuse(spec);
    if (errno !== undefined) return Promise.reject(new OsError(errno, 'listen', `cannot listen at ${spec.path ?? spec.port}`));
    const socket = new FakeSocket(spec, FIRST_FD + this.sockets.length);
    this.sockets.push(socket);
    return Promise.resolve(socket);
  }

  hasJournal(directory: string): boolean {
    return this.state.journals.get(directory)?.read() != null;
  }

  durable(): Promise<DurableOs> {
    return Promise.resolve(this.state);
  }

  release(pid: number): void {
    this.#released.add(pid);
    this.#record({ kind: 'release', pid });
  }

  userId(name: string | number): { readonly uid: number; readonly gid: number } {
    if (typeof name === 'number') return { uid: name, gid: name };
    const user = this.users.get(name);
    if (user === undefined) throw new RingmasterError('RM_USER_UNKNOWN', [name]);
    return user;
  }

  groupId(name: string | number): number {
    const group = typeof name === 'number' ? name : this.groups.get(name);
    if (group === undefined) throw new RingmasterError('RM_GROUP_UNKNOWN', [String(name)]);
    return group;
  }

  #start(request: SpawnRequest, behaviour: FakeBehaviour, listener: SpawnListener): void {
    const leader = this.#create(behaviour, { env: request.env }, (exit) => {
      if (!this.#released.has(leader.pid)) (this.#adopters.get(leader.pid) ?? listener).exited(exit);
    });
    if (behaviour.denied) this.#denied.add(leader.pid);
    this.#record({ kind: 'spawn', pid: leader.pid, request });
    listener.spawned(leader.pid);
  }

  #create(behaviour: FakeChild, from: FakeProcess | Pick<FakeProcess, 'env'>, reaped: (exit: Exit) => void): FakeProcess {
    const parent = from instanceof FakeProcess ? from : null;
    const pid = this.#nextPid;
    this.#nextPid += 1 + Math.floor((this.#chance?.random() ?? 0) * PID_STEP);
    const pgid = parent === null || behaviour.own_group === true ? pid : parent.pgid;
    const ids = { pid, pgid, parent: parent?.pid ?? DAEMON_PID, leader: parent?.leader ?? pid, env: from.env };
    const end = (exit: Exit): void => {
      for (const child of this.#processes.values()) if (child.parent === pid) child.parent = INIT_PID;
      this.#record({ kind: 'exit', pid, exit });
    };
    const process = new FakeProcess(ids, behaviour, this.#clock, { end, reaped });
    this.#processes.set(pid, process);
    for (const child of behaviour.children ?? []) this.#create(child, process, () => {});
    return process;
  }

  /** A process has those that it was spawned with. */
  #takeSocket(spec: ListenSpec, { inode }: SocketIdentity, from: readonly number[]): ListeningSocket | null {
    const same = new Set(this.sockets.flatMap((socket) => (socket.inode === inode ? [socket.fd] : [])));
    const has = this.of('spawn').filter(({ request }) => [...request.fds.values()].some((one) => one.kind === 'fd' && same.has(one.fd)));
    const living = has.filter(({ pid }) => this.#live(pid));
    const pid = living.find((one) => from.includes(one.pid))?.pid ?? living[0]?.pid;
    if (pid === undefined) return null;
    this.#record({ kind: 'take_socket', pid, inode });
    const socket = new FakeSocket(spec, FIRST_FD + this.sockets.length, inode);
    this.sockets.push(socket);
    return socket;
  }

  #deliver(target: 'process' | 'group', pid: number, signum: number, processes: readonly FakeProcess[], zombie = false): SignalResult {
    const permitted = processes.filter((process) => !this.#denied.has(process.pid));
    const none = zombie ? 'sent' : 'gone';
    const result = processes.length === 0 ? none : permitted.length === 0 ? 'denied' : 'sent';
    this.#record({ kind: 'signal', target, pid, signum, result });
    for (const process of permitted) process.receive(signum);
    return result;
  }

  #group(pgid: number): readonly FakeProcess[] {
    return [...this.#processes.values()].filter((process) => process.alive && process.pgid === pgid);
  }

  #live(pid: number): FakeProcess | undefined {
    const process = this.#processes.get(pid);
    return process?.alive ? process : undefined;
  }

  #record(action: Untimed<OsAction>): void {
    const timed = { at_ms: this.#clock.now(), ...action };
    this.actions.push(timed);
    this.#told?.(timed);
  }
}
