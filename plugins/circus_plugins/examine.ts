import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Remark } from '../../core/index.js';
import { launcherVerdict, noPython, PROBE, type Verdict } from './launcher.js';
import type { Options } from './schema.js';
import { interpreter } from './watchers.js';

/** How long Python may take to import everything, ms. */
const PATIENCE_MS = 10_000;

type One = Options['plugins'][string];

/** Asks each interpreter whether it can run the classes that it is for. Those in an environment of their own are left out. */
export async function examine(options: Options): Promise<readonly Remark[]> {
  const groups = new Map<string, { readonly python: string; readonly members: (readonly [string, One])[] }>();
  for (const [name, plugin] of Object.entries(options.plugins)) {
    const { working_dir = null, virtualenv = null, env = {} } = plugin.watcher;
    if (virtualenv !== null || Object.keys(env as object).length > 0) continue;
    const python = interpreter(plugin, options);
    const key = JSON.stringify([python, working_dir]);
    const group = groups.get(key) ?? { python, members: [] };
    group.members.push([name, plugin]);
    groups.set(key, group);
  }
  const remarks = [...groups.values()].map(async ({ python, members }) => {
    const verdicts = await ask(python, members);
    return members.flatMap(([name], at) => {
      const verdict = verdicts[at];
      return verdict ? [{ path: ['plugins', name, 'use'], ...verdict }] : [];
    });
  });
  return (await Promise.all(remarks)).flat();
}

async function ask(python: string, members: readonly (readonly [string, One])[]): Promise<readonly (Verdict | null)[]> {
  const uses = members.map(([, { use }]) => use);
  const cwd = members[0]?.[1].watcher.working_dir;
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', PROBE, ...uses], {
      timeout: PATIENCE_MS,
      ...(typeof cwd === 'string' && { cwd }),
    });
    // Modules may write something of their own while they are imported.
    const codes = stdout.split('\n').filter((line) => /^\d+$/.test(line));
    return uses.map((use, at) => launcherVerdict(Number(codes.at(at - uses.length)), use, python));
  } catch (error) {
    const verdict = isMissing(error) ? noPython(python) : { message: `${python} fails to import it`, fix: 'try the import by hand' };
    return uses.map(() => verdict);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
