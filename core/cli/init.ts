import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { messageOf, RingmasterError } from '../errors.js';
import { failureLine } from './daemon-report.js';
import { EXIT_STATUS } from './exit-status.js';
import { ownName } from './own-name.js';
import { SAMPLE_FORMATS, type SampleFormat, sampleConfig } from './sample.js';
import type { Verb } from './verb.js';

const DEFAULT_FILES: Readonly<Record<SampleFormat, string>> = {
  yaml: 'ringmaster.yaml',
  json: 'ringmaster.json',
  toml: 'ringmaster.toml',
  ini: 'circus.ini',
};

export const initVerb: Verb = {
  name: 'init',
  summary: 'Write a sample config file',
  group: 'Daemon:',
  usage: '[<file>]',
  description:
    'Writes a small config that runs as it is, with a comment on each option (JSON can have none). ' +
    'Without a file it is ringmaster.yaml, .json or .toml, or circus.ini; a file that exists is not replaced.',
  options: [
    { name: 'format', value: 'FORMAT', choices: SAMPLE_FORMATS, summary: "format of the config (the file's extension, else yaml)" },
    { name: 'force', summary: 'replace the file if it exists' },
  ],
  examples: ['ringmaster init', 'ringmaster init --format ini circus.ini'],
  completes: 'files',
  async run([named, ...more], values, io) {
    if (more.length > 0) {
      io.stderr.write(`ringmaster init: at most one file is wanted, got ${more.length + 1}\n`);
      return EXIT_STATUS.usage;
    }
    const format = formatFor(values.format, named);
    if (format === undefined) {
      const formats = SAMPLE_FORMATS.join(', ');
      io.stderr.write(`ringmaster init: no sample of the format of ${named}; there are ${formats}: name a file so, or add --format\n`);
      return EXIT_STATUS.usage;
    }
    const file = named ?? DEFAULT_FILES[format];
    try {
      await write(file, format, values.force === true);
    } catch (error) {
      io.stderr.write(failureLine('ringmaster init', error));
      return EXIT_STATUS.failed;
    }
    io.stdout.write(`${file} written; try: ${ownName(io.env)} run ${file}\n`);
    return EXIT_STATUS.ok;
  },
};

/** The format asked for, else that of the file's extension; undefined where there is no sample of it. */
function formatFor(asked: unknown, file = ''): SampleFormat | undefined {
  const extension = extname(file).slice(1).toLowerCase().replace(/^yml$/, 'yaml');
  const wanted = asked ?? (extension === '' ? 'yaml' : extension);
  return SAMPLE_FORMATS.find((format) => format === wanted);
}

async function write(file: string, format: SampleFormat, force: boolean): Promise<void> {
  try {
    await writeFile(file, sampleConfig(format), { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new RingmasterError('RM_FILE_EXISTS', [file], { cause });
    }
    throw new RingmasterError('RM_FILE_WRITE', [file, messageOf(cause)], { cause });
  }
}
