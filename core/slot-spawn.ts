import { commandSockets } from './config/diff.js';
import { RLIMITS } from './config/schema/rlimits.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { KeptSpawn } from './durable/keeper.js';
import type { Exit, SpawnOptions } from './hooks.js';
import { identityOf } from './identity.js';
import { SPAWN_VARIABLE } from './os/durable.js';
import { SpawnError } from './os/os-error.js';
import type { FdSource, Os, SpawnRequest } from './os/port.js';
import { spawnFailure } from './os/spawn-failure.js';
import type { OpenOutputs } from './output.js';
import { OUTPUT_NAMES, outputOptions } from './output-options.js';
import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';
import { socketActivation } from './socket-activation.js';
import type { Loan, SocketTable } from './sockets.js';

/** What comes of a spawn, with the attempt that it belongs to. */
export interface SpawnResults {
  /** Whether the slot still waits for this attempt. */
  wanted(): boolean;
  /** @param kept what is on record of it, with its pid from now on; null where the watcher is not durable */
  spawned(pid: number, kept: KeptSpawn | null): void;
  failed(errno: string, message: string): void;
  exited(exit: Exit, kept: KeptSpawn | null): void;
}

/** Has the process of a slot spawned when its turn comes, and not at all if it is no longer wanted then. */
export function queueSpawn(host: SlotsHost, outputs: OpenOutputs, slot: Slot, results: SpawnResults): void {
  host.spawns.push(() => {
    if (!results.wanted()) return;
    spawn(host, outputs, slot, results).catch((error: unknown) => {
      const { errno, message } = spawnFailure(error, host.spec().cmd);
      results.failed(errno, message);
    });
  }, slot.urgent);
}

async function spawn(host: SlotsHost, open: OpenOutputs, slot: Slot, results: SpawnResults): Promise<void> {
  const { os, hooks, watcher } = host;
  const spec = host.spec();
  let options = host.command(slot.wid);
  if (hooks.used('spawn_options', watcher.name)) {
    options = await hooks.shape('spawn_options', options, { watcher, wid: slot.wid });
  }
  const named = commandSockets(spec);
  const loan = spec.use_sockets ? await host.sockets.lend(named.length === 0 ? null : named) : null;
  const { stdout, stderr, ...rest } = options;
  const outputs = open.open(stdout, stderr);
  const abandon = (): void => {
    outputs.abandoned();
    loan?.settle();
  };
  const pipes = outputs.isRead ? host.keptOutputs() : null;
  if (pipes !== null) {
    try {
      await outputs.keep(pipes);
    } catch (error) {
      abandon();
      throw error;
    }
  }
  if (!results.wanted()) {
    abandon();
    return;
  }
  warnOfUnread(host, options);
  let kept: KeptSpawn | null = null;
  try {
    const activated = loan === null ? rest : socketActivation(rest, loan, spec);
    const asked = request(os, activated, spec, { outputs: outputs.sources(), sockets: host.sockets, loan });
    // On record before there is a process: whatever happens from here on, it can be found.
    const { pipes } = outputs;
    kept = host.keeper()?.spawning(spec, { wid: slot.wid, generation: slot.generation, ...(pipes && { pipes }) }) ?? null;
    outputs.whenRead((pipe) => kept?.read(pipe));
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

/** The config asks for something that only a plugin does. */
function warnOfUnread({ log, spec }: SlotsHost, options: SpawnOptions): void {
  for (const name of OUTPUT_NAMES) {
    const asked = options[name] === undefined && !spec()[`close_child_${name}`] && outputOptions(spec(), name) !== null;
    if (asked) log.warn(`${name} is not read, though the config says where it goes: no plugin does it; name \`logs\` under plugins`);
  }
}

/** What a process is given besides what its options say. */
interface Given {
  readonly outputs: readonly (FdSource | undefined)[];
  readonly sockets: SocketTable;
  readonly loan: Loan | null;
}

function request(os: Os, options: SpawnOptions, spec: WatcherOptions, { outputs: [stdout, stderr], sockets, loan }: Given): SpawnRequest {
  const own = (closed: boolean): FdSource => ({ kind: closed ? 'null' : 'inherit' });
  const stdin = spec.stdin_socket === null ? undefined : sockets.stdin(spec.stdin_socket);
  if (spec.stdin_socket !== null && stdin === undefined)
    throw new SpawnError('EINVAL', `stdin_socket: there is no socket ${spec.stdin_socket}`);
  const rlimits = RLIMITS.filter((name) => spec[`rlimit_${name}`] !== undefined).map((name) => [name, spec[`rlimit_${name}`] ?? null]);
  return {
    ...options,
    ...identityOf(os, spec),
    fds: new Map([
      [0, stdin ?? own(spec.close_child_stdin)],
      [1, stdout ?? own(spec.close_child_stdout)],
      [2, stderr ?? own(spec.close_child_stderr)],
      ...(loan?.fds ?? []),
    ]),
    rlimits: Object.fromEntries(rlimits),
    ...(spec.umask === null ? {} : { umask: spec.umask }),
    ...(spec.nice === null ? {} : { nice: spec.nice }),
  };
}
