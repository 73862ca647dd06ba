import type { Survivor } from './durable/survivor.js';
import { messageOf } from './errors.js';
import type { OpenOutputs } from './output.js';
import type { SlotsHost } from './slots-host.js';
import type { SpawnOutputs } from './spawn-outputs.js';

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

/** Where they go is asked for again, as at a spawn; where nobody says, they are read all the same, so that nobody has to wait for ever. */
async function resume(host: SlotsHost, open: OpenOutputs, { wid, pid, kept }: Survivor): Promise<SpawnOutputs> {
  const { hooks, watcher, log } = host;
  let outputs: SpawnOutputs;
  try {
    const command = host.command(wid);
    const asked = hooks.used('spawn_options', watcher.name) ? await hooks.shape('spawn_options', command, { watcher, wid }) : command;
    outputs = open.openAlone(wid, asked.stdout, asked.stderr);
  } catch (error) {
    log.error(`output of process ${pid} is dropped: ${messageOf(error)}`, { wid });
    outputs = open.openAlone(wid, undefined, undefined);
  }
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
