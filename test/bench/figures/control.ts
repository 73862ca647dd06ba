import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Crew } from '../crew.js';
import type { Contender, Figure, Sample, Scale } from '../figure.js';
import { isThere, PEERS, type Peer, PYTHON, PYTHON_ENV } from '../peers.js';
import { sourceFile } from '../place.js';

const run = promisify(execFile);

/** Prints an object of figures. */
export async function python(script: string, words: readonly string[]): Promise<Sample> {
  const { stdout } = await run(PYTHON, [sourceFile(`native/${script}`), ...words], { env: PYTHON_ENV });
  const sample: Sample = JSON.parse(stdout);
  return sample;
}

const contender = (peer: Peer, scale: Scale): Contender => ({
  name: peer.name,
  measure: async () => {
    await using crew = await Crew.start(peer, { workers: scale.count(20, 2), shape: 'one' });
    const endpoint = `ipc://${crew.place.file('control')}`;
    return await python('control.py', [endpoint, String(scale.count(2000, 20)), String(scale.count(1000, 5))]);
  },
});

export const control: Figure = {
  title: "control round trip with Circus's own client, and answers to 1,000 clients that ask at once",
  contenders: (scale) => {
    const both = PEERS.filter(({ name }) => name === 'ringmaster' || name === 'Circus');
    // The client is Circus's.
    return both.every(isThere) ? both.map((peer) => contender(peer, scale)) : [];
  },
  goals: [
    { of: 'ringmaster', metric: 'median_ms', sense: 'at most', than: { times: 0.6, of: 'Circus' } },
    { of: 'ringmaster', metric: 'crowd_p99_ms', sense: 'at most', than: { value: 50 } },
  ],
};
