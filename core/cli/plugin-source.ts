import { messageOf } from '../errors.js';
import type { AnyPlugin } from '../plugin.js';
import { EXIT_STATUS } from './exit-status.js';
import type { Io } from './verb.js';

/**
 * The plugin that somebody names on a command line: one that comes along, a path from here, or an npm package. Where there is none,
 * says why.
 */
export async function pluginNamed(name: string, verb: string, io: Io): Promise<AnyPlugin | number> {
  const { resolvePlugin } = await import('../plugin-resolve.js');
  try {
    return await resolvePlugin(name, process.cwd());
  } catch (error) {
    io.stderr.write(`ringmaster ${verb}: ${messageOf(error)}\n`);
    return EXIT_STATUS.failed;
  }
}
