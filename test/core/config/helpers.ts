import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LoadedConfig, type LoadOptions, loadConfig, type Problem } from '../../../core/config/index.js';
import { definePlugin } from '../../../core/index.js';

/** A folder with these files for the time of `use`. */
export async function withFiles<T>(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ringmaster-config-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Loads one text as a file of that name, with an environment of its own. */
export function loadText(name: string, text: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  return withFiles({ [name]: text }, (folder) => loadConfig(join(folder, name), { env: {}, ...options }));
}

export function errorsOf(loaded: { readonly problems: readonly Problem[] }): Problem[] {
  return loaded.problems.filter((problem) => problem.severity === 'error');
}

export const flapping = definePlugin({
  name: 'flapping',
  summary: 'For tests.',
  per_watcher: true,
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['mode'],
    properties: {
      attempts: { type: 'integer', minimum: 1, default: 2 },
      window: { type: ['number', 'string'], quantity: 'duration', default: 1 },
      active: { type: 'boolean', default: true },
      mode: { enum: ['soft', 'hard'] },
    },
  },
  setup() {},
});
