import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { ProcReader } from '../../../core/os/proc-reader.js';
import { ProcessSampler } from '../../../core/os/process-sampler.js';
import { Crew, workersOf } from '../crew.js';
import type { Contender, Figure, Sample, Scale } from '../figure.js';
import { isThere, limit, PEERS, type Peer, PYTHON, PYTHON_ENV } from '../peers.js';
import { python } from './control.js';

/** From this age on a process is what it is. */
const SETTLED_MS = 2500;

/** Over so many real processes. */
const over = (
  peer: Peer,
  name: string,
  scale: Scale,
  measure: (pids: readonly number[], rounds: number) => Promise<Sample>,
): Contender => ({
  name,
  measure: async () => {
    await using crew = await Crew.start(peer, { workers: workersOf(scale), shape: 'one' });
    const pids = crew.workers.map(({ pid }) => pid);
    // What is younger may still become something else, and is asked for its name with each sample.
    await pause(scale.count(SETTLED_MS, 1));
    return await measure(pids, scale.count(20, 2));
  },
});

async function sampled(pids: readonly number[], rounds: number): Promise<Sample> {
  using sampler = new ProcessSampler({ reader: new ProcReader({ keep_open: pids.length }) });
  for (let round = 0; round < 3; round++) sampler.sample(pids);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) sampler.sample(pids);
  const { user, system } = process.cpuUsage(before);
  return { cpu_ms: (user + system) / 1000 / rounds };
}

const imports = (module: string): boolean => spawnSync(PYTHON, ['-c', `import ${module}`], { env: PYTHON_ENV }).status === 0;

export const stats: Figure = {
  title: 'processor time of one sample of 1,000 processes',
  contenders: (scale) => {
    const peer = [limit, ...PEERS].find(isThere) ?? limit;
    const words = (pids: readonly number[], rounds: number): readonly string[] => [String(rounds), ...pids.map(String)];
    return [
      over(peer, 'ringmaster', scale, sampled),
      ...(imports('psutil') ? [over(peer, 'psutil', scale, (pids, rounds) => python('psutil-sample.py', words(pids, rounds)))] : []),
    ];
  },
  goals: [{ of: 'ringmaster', metric: 'cpu_ms', sense: 'at most', than: { value: 15 } }],
};
