import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figure } from '../figure.js';
import { SUBJECTS } from '../hot-functions.js';

const run = promisify(execFile);

/** Instructions of a whole process that calls one of them so often. @throws Error where callgrind does not tell them */
async function instructions(subject: string, calls: number): Promise<number> {
  const script = fileURLToPath(new URL('../hot-functions.js', import.meta.url));
  const words = [
    '--tool=callgrind',
    '--callgrind-out-file=/dev/null',
    process.execPath,
    '--single-threaded',
    script,
    subject,
    String(calls),
  ];
  const { stderr } = await run('valgrind', words);
  const count = /Collected : (\d+)/.exec(stderr)?.[1];
  if (count === undefined) throw new Error(`callgrind has counted nothing: ${stderr}`);
  return Number(count);
}

export const instructionCounts: Figure = {
  title: 'instructions of one call of the hot pure functions, the compiler and the garbage collection included',
  contenders: (scale) =>
    spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0
      ? Object.keys(SUBJECTS)
          .slice(0, scale.count(Number.POSITIVE_INFINITY, 1))
          .map((subject) => ({
            name: subject,
            measure: async () => {
              const calls = scale.count(20_000, 1000);
              const [few, many] = [await instructions(subject, calls), await instructions(subject, 2 * calls)];
              return { each_instructions: (many - few) / calls };
            },
          }))
      : [],
  goals: [],
};
