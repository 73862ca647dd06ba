import { RLIMITS, type WatcherOptions } from './config/schema/watcher.js';
import { explain } from './errors.js';
import type { Exit, SpawnOptions } from './hooks.js';
import { SpawnError } from './os/os-error.js';
import type { FdSource, Os, SpawnRequest } from './os/port.js';
import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';
import { socketActivation } from './socket-activation.js';
import type { Loan, SocketTable } from './sockets.js';

/** What comes of a spawn, with the attempt that it belongs to. */
export interface SpawnResults {
  /** Whether the slot still waits for this attempt. */
  wanted(): boolean;
  spawned(pid: number): void;
  failed(errno: string, message: string): void;
  exited(exit: Exit): void;
}

/** Has the process of a slot spawned when its turn comes, and not at all if it is no longer wanted then. */
export function queueSpawn(host: SlotsHost, slot: Slot, results: SpawnResults): void {
  host.spawns.push(() => {
    if (results.wanted()) spawn(host, slot, results).catch((error: unknown) => results.failed('EINVAL', explain(error)));
  }, slot.urgent);
}

async function spawn(host: SlotsHost, slot: Slot, results: SpawnResults): Promise<void> {
  const { os, hooks, watcher } = host;
  const spec = host.spec();
  let options = host.command(slot.wid);
  if (hooks.used('spawn_options', watcher.name)) {
    options = await hooks.shape('spawn_options', options, { watcher, wid: slot.wid });
    if (!results.wanted()) return;
  }
  const loan = spec.use_sockets ? await host.sockets.lend() : null;
  const { spawned, failed, exited } = results;
  try {
    if (!results.wanted()) return;
    const activated = loan === null ? options : socketActivation(options, loan, spec);
    os.spawn(request(os, activated, spec, host.sockets, loan), { spawned, failed, exited });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    failed(error.code, error.message);
  } finally {
    loan?.settle();
  }
}

function request(os: Os, options: SpawnOptions, spec: WatcherOptions, sockets: SocketTable, loan: Loan | null): SpawnRequest {
  const own = (closed: boolean): FdSource => ({ kind: closed ? 'null' : 'inherit' });
  const stdin = spec.stdin_socket === null ? undefined : sockets.stdin(spec.stdin_socket);
  if (spec.stdin_socket !== null && stdin === undefined)
    throw new SpawnError('EINVAL', `stdin_socket: there is no socket ${spec.stdin_socket}`);
  const rlimits = RLIMITS.filter((name) => spec[`rlimit_${name}`] !== undefined).map((name) => [name, spec[`rlimit_${name}`] ?? null]);
  return {
    ...options,
    ...identity(os, spec),
    fds: new Map([
      [0, stdin ?? own(spec.close_child_stdin)],
      [1, own(spec.close_child_stdout)],
      [2, own(spec.close_child_stderr)],
      ...(loan?.fds ?? []),
    ]),
    rlimits: Object.fromEntries(rlimits),
  };
}

/** uid and gid as numbers; the user's own group where only uid is given. */
function identity(os: Os, spec: WatcherOptions): { readonly uid?: number; readonly gid?: number } {
  const user = spec.uid === null || spec.uid === undefined ? null : os.userId(spec.uid);
  const gid = spec.gid === null || spec.gid === undefined ? user?.gid : os.groupId(spec.gid);
  return { ...(user ? { uid: user.uid } : {}), ...(gid === undefined ? {} : { gid }) };
}
