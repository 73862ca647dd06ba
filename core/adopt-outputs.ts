import type { Survivor } from './durable/survivor.js';
import { messageOf } from './errors.js';
import type { OpenOutputs } from './output.js';
import type { SlotsHost } from './slots-host.js';
import type { SpawnOutputs } from './spawn-outputs.js';

/** Between tries to find out where output goes, ms; what is written meanwhile stays in its pipe. */
const PAUSES_MS = [1000, 5000, 25_000];

/** Processes of an earlier supervisor, with what they write read on from where that one was, and waited for at their end. */
export function withOutputs(host: SlotsHost, open: OpenOutputs, survivors: readonly Survivor[]): readonly Survivor[] {
  return survivors.map((survivor) => {
    if (survivor.kept.pipes === null) return survivor;
    const outputs = open.resume(resume(host, open, survivor));
    if (survivor.ended) outputs.exited();
    return {
      ...survivor,
      adopt(listener) {
        const lives = survivor.adopt({
          exited(exit) {
            outputs.exited();
            listener.exited(exit);
          },
        });
        if (!lives) outputs.exited();
        return lives;
      },
    };
  });
}

/** Read on to where they go now; where nobody says, they are read all the same, so that nobody has to wait for ever. */
async function resume(host: SlotsHost, open: OpenOutputs, { wid, pid, kept }: Survivor): Promise<SpawnOutputs> {
  const { log } = host;
  const outputs = await destinations(host, open, { wid, pid }, PAUSES_MS);
  outputs.whenRead((pipe) => kept.read(pipe));
  try {
    const pipes = await host.keptOutputs();
    if (pipes !== null && kept.pipes !== null) outputs.adopt(pipes, pid, kept.pipes);
    else outputs.abandoned();
  } catch (error) {
    log.error(`output of process ${pid} is lost: ${messageOf(error)}`, { wid });
    outputs.abandoned();
  }
  return outputs;
}

/** Asked for again, as at a spawn, and more than once: who is asked may only have been too busy, as everybody is after a crash. */
async function destinations(
  host: SlotsHost,
  open: OpenOutputs,
  { wid, pid }: { readonly wid: number; readonly pid: number },
  [pause_ms, ...pauses_ms]: readonly number[],
): Promise<SpawnOutputs> {
  const { hooks, watcher, log, clock } = host;
  try {
    const command = host.command(wid);
    const asked = hooks.used('spawn_options', watcher.name) ? await hooks.shape('spawn_options', command, { watcher, wid }) : command;
    return open.openAlone(wid, asked.stdout, asked.stderr);
  } catch (error) {
    if (pause_ms === undefined) {
      log.error(`output of process ${pid} is dropped: ${messageOf(error)}`, { wid });
      return open.openAlone(wid, undefined, undefined);
    }
    log.warn(`output of process ${pid} waits ${pause_ms / 1000} s: ${messageOf(error)}`, { wid });
  }
  await new Promise<void>((resolve) => clock.setTimeout(resolve, pause_ms));
  return destinations(host, open, { wid, pid }, pauses_ms);
}
