import type { Clock } from './clock.js';
import { Deferred } from './deferred.js';
import type { Survivor } from './durable/survivor.js';
import { messageOf } from './errors.js';
import type { SpawnOptions } from './hooks.js';
import type { OpenOutputs } from './output.js';
import type { SlotsHost } from './slots-host.js';
import type { SpawnOutputs } from './spawn-outputs.js';

/** Between tries to find out where output goes, ms; what is written meanwhile stays in its pipe. */
const PAUSES_MS = [1000, 5000, 25_000];

/** Processes of an earlier supervisor, with what they write read on from where that one was, and waited for at their end. */
export function withOutputs(host: SlotsHost, open: OpenOutputs, survivors: readonly Survivor[]): readonly Survivor[] {
  return survivors.map((survivor) => {
    if (survivor.kept.pipes === null) return survivor;
    const ended = new Deferred();
    const resumed = resume(host, open, survivor, ended.promise);
    const outputs = open.resume(resumed);
    if (survivor.released) {
      // It may write for ever: read, but waited for by nobody.
      void resumed.then((there) => there.release());
      return survivor;
    }
    const exited = (): void => {
      ended.resolve();
      outputs.exited();
    };
    if (survivor.ended) exited();
    return {
      ...survivor,
      adopt(listener) {
        const lives = survivor.adopt({
          exited(exit) {
            exited();
            listener.exited(exit);
          },
        });
        if (!lives) exited();
        return lives;
      },
    };
  });
}

/** Read on to where they go now; where nobody says, they are read all the same, so that nobody has to wait for ever. */
async function resume(host: SlotsHost, open: OpenOutputs, { wid, pid, kept }: Survivor, ended: Promise<void>): Promise<SpawnOutputs> {
  const { log } = host;
  const outputs = await destinations(host, open, { wid, pid, ended });
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

interface Adopted {
  readonly wid: number;
  readonly pid: number;
  readonly ended: Promise<void>;
}

/** Asked for again, as at a spawn, and more than once: who is asked may only have been too busy, as everybody is after a crash. */
async function destinations(host: SlotsHost, open: OpenOutputs, { wid, pid, ended }: Adopted): Promise<SpawnOutputs> {
  const { hooks, watcher, log, clock } = host;
  const ask = async (): Promise<SpawnOutputs> => {
    const command = commandOf(host, wid);
    const asked = hooks.used('spawn_options', watcher.name) ? await hooks.shape('spawn_options', command, { watcher, wid }) : command;
    return open.openAlone(wid, asked.stdout, asked.stderr);
  };
  for (const pause_ms of PAUSES_MS) {
    try {
      return await ask();
    } catch (error) {
      log.warn(`output of process ${pid} waits ${pause_ms / 1000} s: ${messageOf(error)}`, { wid });
    }
    await pause(clock, pause_ms, ended);
  }
  try {
    return await ask();
  } catch (error) {
    log.error(`output of process ${pid} is dropped: ${messageOf(error)}`, { wid });
    return open.openAlone(wid, undefined, undefined);
  }
}

/** The process has had its variables long since; the files that they came from may be gone, which says nothing of its output. */
function commandOf(host: SlotsHost, wid: number): SpawnOptions {
  try {
    return host.command(wid);
  } catch {
    return host.command(wid, false);
  }
}

/** Whoever has ended is waited for by whoever has it stopped. */
async function pause(clock: Clock, pause_ms: number, ended: Promise<void>): Promise<void> {
  const over = new Deferred();
  const timer = clock.setTimeout(() => over.resolve(), pause_ms);
  await Promise.race([over.promise, ended]);
  timer[Symbol.dispose]();
}
