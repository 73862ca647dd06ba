import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SEEDS = 1_000_000_000;

/** The first of the seeds that these sources are played with: others for each change of them, the same ones on each machine. */
export function firstSeed(): number {
  const hash = createHash('sha256');
  for (const directory of ['core', 'plugins', 'test/sim'].map((name) => resolve(name))) {
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(directory, name)));
    }
  }
  return hash.digest().readUInt32BE() % SEEDS;
}
