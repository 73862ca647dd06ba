import { commandSockets } from './config/diff.js';
import { RLIMITS } from './config/schema/rlimits.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { KeptSpawn } from './durable/keeper.js';
import type { KeptOutputs } from './durable/kept-outputs.js';
import { messageOf } from './errors.js';
import type { Exit, SpawnOptions } from './hooks.js';
import { identityOf } from './identity.js';
import type { Logger } from './log.js';
import { SPAWN_VARIABLE } from './os/durable.js';
import { errnoOf, SpawnError } from './os/os-error.js';
import type { FdSource, Os, SpawnRequest } from './os/port.js';
import { spawnFailure } from './os/spawn-failure.js';
import type { OpenOutputs } from './output.js';
import { OUTPUT_NAMES, outputOptions } from './output-options.js';
import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';
import { socketActivation } from './socket-activation.js';
import type { Loan, SocketTable } from './sockets.js';
import type { SpawnOutputs } from './spawn-outputs.js';

/** Why nothing can be made in a directory: others, such as EMFILE, are of the daemon and stand in the way of a spawn as well. */
const UNWRITABLE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOENT', 'ESTALE', 'EACCES']);

/** What comes of a spawn, with the attempt that it belongs to. */
export interface SpawnResults {
  /** Whether the slot still waits for this attempt. */
  wanted(): boolean;
  /** @param kept what is on record of it, with its pid from now on; null where the watcher is not durable */
  spawned(pid: number, kept: KeptSpawn | null): void;
  failed(errno: string, message: string): void;
  exited(exit: Exit, kept: KeptSpawn | null): void;
}

/**
 * Has the process of a slot spawned when its turn comes, and not at all if it is no longer wanted then. What has to be waited for before
 * costs it that turn, and it gets another: a spawn blocks the event loop, and so many at once that wait for the same would for long.
 */
export function queueSpawn(host: SlotsHost, outputs: OpenOutputs, slot: Slot, results: SpawnResults): void {
  const failed = (error: unknown): void => {
    const { errno, message } = spawnFailure(error, host.spec().cmd);
    results.failed(errno, message);
  };
  const launch = (prepared: Prepared): void => {
    try {
      start(host, prepared, results);
    } catch (error) {
      failed(error);
    }
  };
  host.spawns.push(() => {
    if (!results.wanted()) return;
    try {
      const prepared = prepare(host, outputs, slot);
      if (!(prepared instanceof Promise)) launch(prepared);
      else prepared.then((ready) => host.spawns.push(() => launch(ready), slot.urgent, ready.abandon), failed);
    } catch (error) {
      failed(error);
    }
  }, slot.urgent);
}

/** What a process is spawned with. */
interface Prepared {
  readonly slot: Slot;
  readonly options: SpawnOptions;
  /** The options of the watcher as they were when its turn came. */
  readonly spec: WatcherOptions;
  readonly outputs: SpawnOutputs;
  readonly loan: Loan | null;
  /** Nothing comes of it. */
  abandon(): void;
}

function prepare(host: SlotsHost, open: OpenOutputs, slot: Slot): Prepared | Promise<Prepared> {
  const { hooks, watcher } = host;
  const spec = host.spec();
  const command = host.command(slot.wid);
  const shaped = hooks.used('spawn_options', watcher.name) ? hooks.shape('spawn_options', command, { watcher, wid: slot.wid }) : command;
  const ready = (options: SpawnOptions, loan: Loan | null): Prepared => {
    const outputs = open.open(slot.wid, options.stdout, options.stderr);
    const abandon = (): void => {
      outputs.abandoned();
      loan?.settle();
    };
    return { slot, options, spec, outputs, loan, abandon };
  };
  if (!spec.use_sockets && !(shaped instanceof Promise)) {
    const prepared = ready(shaped, null);
    const pipes = keptPipes(host, prepared);
    return pipes === null ? prepared : withPipes(host, prepared, pipes);
  }
  return (async () => {
    const options = await shaped;
    const prepared = ready(options, spec.use_sockets ? await lend(host, spec) : null);
    const pipes = keptPipes(host, prepared);
    return pipes === null ? prepared : await withPipes(host, prepared, pipes);
  })();
}

/** Pipes that outlive the daemon, for what is read of a process that does; null where there need be none. */
function keptPipes(host: SlotsHost, { outputs }: Prepared): Promise<KeptOutputs> | null {
  return outputs.isRead ? host.keptOutputs() : null;
}

/** Where the state directory can't be written to, it runs with what it has: a crash takes its output along, which is said. */
async function withPipes({ log }: SlotsHost, prepared: Prepared, pipes: Promise<KeptOutputs>): Promise<Prepared> {
  const { outputs, slot, abandon } = prepared;
  try {
    await outputs.keep(pipes);
  } catch (error) {
    if (!UNWRITABLE.has(errnoOf(error))) {
      abandon();
      throw error;
    }
    log.error(`a crash now would take its output along: ${messageOf(error)}`, { wid: slot.wid });
  }
  return prepared;
}

function start(host: SlotsHost, { slot, options, spec, outputs, loan, abandon }: Prepared, results: SpawnResults): void {
  if (!results.wanted()) {
    abandon();
    return;
  }
  warnOfUnread(host.log, spec, options);
  const { os, sockets } = host;
  let kept: KeptSpawn | null = null;
  try {
    const activated = loan === null ? options : socketActivation(options, loan, spec);
    const asked = request(os, activated, spec, { outputs: outputs.sources(), sockets, loan });
    // On record before there is a process: whatever happens from here on, it can be found.
    const { pipes } = outputs;
    kept = host.keeper()?.spawning(spec, { wid: slot.wid, generation: slot.generation, ...(pipes && { pipes }) }) ?? null;
    if (pipes !== null) outputs.whenRead((pipe) => kept?.read(pipe));
    os.spawn(kept === null ? asked : { ...asked, env: { ...asked.env, [SPAWN_VARIABLE]: kept.token } }, {
      spawned(pid) {
        kept?.spawned(pid, host.clock.wall() / 1000);
        loan?.settle();
        outputs.spawned(pid);
        results.spawned(pid, kept);
      },
      failed(errno, message) {
        kept?.gone();
        abandon();
        results.failed(errno, message);
      },
      exited(exit) {
        outputs.exited();
        results.exited(exit, kept);
      },
    });
  } catch (error) {
    kept?.gone();
    abandon();
    throw error;
  }
}

function lend({ sockets }: SlotsHost, spec: WatcherOptions): Promise<Loan> {
  const named = commandSockets(spec);
  return sockets.lend(named.length === 0 ? null : named);
}

/** The config asks for something that only a plugin does. */
function warnOfUnread(log: Logger, spec: WatcherOptions, options: SpawnOptions): void {
  for (const name of readOutputs(spec)) {
    if (options[name] !== undefined) continue;
    log.warn(`${name} is not read, though the config says where it goes: no plugin does it; name \`logs\` under plugins`);
  }
}

const CLOSED: FdSource = { kind: 'null' };
const INHERITED: FdSource = { kind: 'inherit' };

/** What a process is given besides what its options say. */
interface Given {
  readonly outputs: readonly (FdSource | undefined)[];
  readonly sockets: SocketTable;
  readonly loan: Loan | null;
}

function request(os: Os, { file, argv, env, cwd }: SpawnOptions, spec: WatcherOptions, given: Given): SpawnRequest {
  const asked = { file, argv, env, cwd, fds: fdsOf(spec, given), rlimits: limitsOf(spec) };
  const { uid, gid, umask, nice } = spec;
  if (uid === null && gid === null && umask === null && nice === null) return asked;
  return { ...asked, ...identityOf(os, spec), ...(umask === null ? {} : { umask }), ...(nice === null ? {} : { nice }) };
}

function fdsOf(spec: WatcherOptions, { outputs: [stdout, stderr], sockets, loan }: Given): SpawnRequest['fds'] {
  if (spec.stdin_socket === null && stdout === undefined && stderr === undefined && loan === null) return standardFds(spec);
  const stdin = spec.stdin_socket === null ? undefined : sockets.stdin(spec.stdin_socket);
  if (spec.stdin_socket !== null && stdin === undefined)
    throw new SpawnError('EINVAL', `stdin_socket: there is no socket ${spec.stdin_socket}`);
  const given: readonly (FdSource | undefined)[] = [stdin, stdout, stderr];
  return new Map([...[...standardFds(spec)].map(([fd, source]) => [fd, given[fd] ?? source] as const), ...(loan?.fds ?? [])]);
}

/** Where nothing else is given: the same map as long as the options are the same. */
const standardFds = remembered((spec): SpawnRequest['fds'] => {
  const closed = [spec.close_child_stdin, spec.close_child_stdout, spec.close_child_stderr];
  return new Map(closed.map((is, fd) => [fd, is ? CLOSED : INHERITED]));
});

/** Remembers what follows from options, which are replaced whenever one of them is changed. */
function remembered<T>(of: (spec: WatcherOptions) => T): (spec: WatcherOptions) => T {
  const known = new WeakMap<WatcherOptions, { readonly value: T }>();
  return (spec) => {
    let found = known.get(spec);
    if (found === undefined) {
      found = { value: of(spec) };
      known.set(spec, found);
    }
    return found.value;
  };
}

const limitsOf = remembered((spec): SpawnRequest['rlimits'] => {
  const asked = RLIMITS.filter((name) => spec[`rlimit_${name}`] !== undefined);
  return Object.fromEntries(asked.map((name) => [name, spec[`rlimit_${name}`] ?? null]));
});

/** Outputs that the config wants read. */
const readOutputs = remembered((spec) => OUTPUT_NAMES.filter((name) => !spec[`close_child_${name}`] && outputOptions(spec, name) !== null));
