import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FORMS } from '../../fixtures/os.js';
import type { Figure, Sample } from '../figure.js';

const run = promisify(execFile);

export const memory: Figure = {
  title: 'what a supervisor holds after respawns without a pause, early and late',
  full: true,
  contenders: (scale) =>
    FORMS.map(([name]) => ({
      name,
      measure: async () => {
        const script = fileURLToPath(new URL('../respawn-without-pause.js', import.meta.url));
        const { stdout } = await run(process.execPath, [script, name, String(scale.count(1000, 20)), String(scale.count(100_000, 40))]);
        const sample: Sample = JSON.parse(stdout);
        return sample;
      },
    })),
  goals: [{ of: 'native', metric: 'late_to_early_ratio', sense: 'at most', than: { value: 1.1 } }],
};
