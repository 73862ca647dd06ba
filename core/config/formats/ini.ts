import { circusConfig } from '../circus-ini.js';
import { readIni } from '../ini-files.js';
import type { Findings } from '../problem.js';
import type { Source } from '../source.js';

interface IniReading {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Plugins that run without a section of their own. */
  readonly standing: readonly string[];
  readonly findings: Findings;
}

/** Reads a circus.ini and the files that it includes. */
export async function readIniSource(text: string, file: string, { env, standing, findings }: IniReading): Promise<Source> {
  const { sections, files } = await readIni(text, file, env, findings);
  const { value, dotted } = circusConfig(sections, env, findings, standing);
  return { value, files, textual: true, dotted };
}
