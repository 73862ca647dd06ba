import { existsSync } from 'node:fs';
import { formatProblem, loadConfig } from '../../../core/index.js';
import { CONFIG_FILES } from './config-files.js';
import { fileSource } from './file-source.js';
import { findStreams } from './streams.js';
import { type FoundSources, type Wish, Wrong } from './wish.js';

/** The files that a config names. @throws Wrong */
export async function configSources(wish: Wish, named: string | undefined): Promise<FoundSources> {
  const file = named ?? CONFIG_FILES.find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw new Wrong('no daemon tells, and there is no config file here; name one with --endpoint, --config FILE or RINGMASTER_CONFIG');
  }
  const { config, problems } = await loadConfig(file);
  if (config === null) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    throw new Wrong(`cannot use ${file}: ${errors.join('; ')}`);
  }
  const found = findStreams(config, wish.name, file);
  if (typeof found === 'string') throw new Wrong(found);
  const sources = found.streams
    .filter(({ name }) => wish.stream === null || name.split(', ').includes(wish.stream))
    .map((stream) => fileSource(stream, wish));
  return {
    sources,
    notes: found.notes,
    [Symbol.dispose]: () => {
      for (const source of sources) source[Symbol.dispose]();
    },
  };
}
