import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { messageOf, RingmasterError } from '../errors.js';
import { failureLine } from './daemon-report.js';
import { EXIT_STATUS } from './exit-status.js';
import { ownName } from './own-name.js';
import type { NewPlugin } from './plugin-template.js';
import type { Verb } from './verb.js';

const PREFIX = 'ringmaster-plugin-';
const ALLOWED = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/;

export const pluginNewVerb: Verb = {
  name: 'plugin new',
  summary: 'Make a plugin, with schema, tests and README, to begin with',
  group: 'Plugins:',
  usage: '<name>',
  description:
    'Makes the npm package of a plugin that works: its source, the schema of its options, tests that need no process, README and ' +
    'package.json. NAME is of a-z, 0-9, - and _; the package is ringmaster-plugin-NAME. A directory that exists is not touched.',
  options: [
    { name: 'directory', value: 'DIR', summary: 'where to (./ringmaster-plugin-NAME)', completes: 'files' },
    { name: 'javascript', summary: 'JavaScript, which needs no build, instead of TypeScript' },
  ],
  examples: ['ringmaster plugin new queue-alarm', 'ringmaster plugin new queue-alarm --directory ./alarm --javascript'],
  async run([name, ...more], values, io) {
    if (name === undefined || more.length > 0) {
      io.stderr.write(`ringmaster plugin new: one name is wanted, got ${more.length === 0 ? 'none' : more.length + 1}\n`);
      return EXIT_STATUS.usage;
    }
    const javascript = values.javascript === true;
    let directory: string;
    try {
      const made = await named(name, javascript);
      directory = resolve(typeof values.directory === 'string' ? values.directory : made.package_name);
      await write(directory, made);
    } catch (error) {
      io.stderr.write(failureLine('ringmaster plugin new', error));
      return EXIT_STATUS.failed;
    }
    const shown = relative(process.cwd(), directory) || '.';
    io.stdout.write(
      [
        `plugin ${name} is in ${shown}; next:`,
        `  cd ${shown}`,
        '  npm install',
        '  npm test',
        `  ${ownName(io.env)} plugin test .`,
        `and in a config: plugins: {${shown.startsWith('.') || shown.startsWith('/') ? shown : `./${shown}`}: {}}`,
        '',
      ].join('\n'),
    );
    return EXIT_STATUS.ok;
  },
};

/** @throws RM_PLUGIN_NAME */
async function named(given: string, javascript: boolean): Promise<NewPlugin> {
  const short = given.startsWith(PREFIX) ? given.slice(PREFIX.length) : given;
  if (!ALLOWED.test(short))
    throw new RingmasterError('RM_PLUGIN_NAME', [given, 'it must be of a-z, 0-9, - and _, and begin with a letter']);
  const name = short.replaceAll('-', '_');
  const { packagedNames } = await import('../plugin-resolve.js');
  if ((await packagedNames()).includes(name))
    throw new RingmasterError('RM_PLUGIN_NAME', [given, 'a plugin of that name comes with ringmaster']);
  return { name, package_name: `${PREFIX}${short.replaceAll('_', '-')}`, javascript };
}

/** @throws RM_PLUGIN_DIRECTORY, RM_FILE_WRITE */
async function write(directory: string, made: NewPlugin): Promise<void> {
  const { pluginFiles } = await import('./plugin-template.js');
  try {
    await mkdir(dirname(directory), { recursive: true });
    await mkdir(directory);
    for (const [name, text] of pluginFiles(made)) {
      const file = join(directory, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { flag: 'wx' });
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new RingmasterError('RM_PLUGIN_DIRECTORY', [directory], { cause });
    }
    throw new RingmasterError('RM_FILE_WRITE', [directory, messageOf(cause)], { cause });
  }
}
