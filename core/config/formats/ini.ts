import { circusConfig } from '../circus-ini.js';
import { readIni } from '../ini-files.js';
import type { Findings } from '../problem.js';
import type { Source } from '../source.js';

/** Reads a circus.ini and the files that it includes. */
export async function readIniSource(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  findings: Findings,
): Promise<Source> {
  const { sections, files } = await readIni(text, file, env, findings);
  const { value, dotted } = circusConfig(sections, env, findings);
  return { value, files, textual: true, dotted };
}
