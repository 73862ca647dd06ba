import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadConfig } from '../config/index.js';
import type { Config } from '../config/schema/daemon.js';
import { messageOf } from '../errors.js';
import { openTrusted, trustedPath } from '../os/trusted-file.js';
import { type AnyPlugin, definePlugin } from '../plugin.js';
import { resolvePlugin } from '../plugin-resolve.js';
import { hasLeftBehind, statePath } from '../state-path.js';
import { DEFAULT_PLUGINS } from './daemon-plugins.js';
import { version } from './version.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const FOR_OTHERS = 0o077;

/** What is written down of a config. */
interface LastConfig {
  /** Of ringmaster. Another one may have other options. */
  readonly version: string;
  readonly config: Config;
}

/**
 * The config that was in effect when a supervisor of this file died, for a start that finds the file broken: what the dead one has left
 * must not go without a supervisor for that. Null where nothing is left, or nothing that can be trusted.
 */
export function lastConfig(file: string): Config | null {
  const text = readOwn(pathOf(file));
  if (text === null) return null;
  let last: LastConfig;
  try {
    last = JSON.parse(text);
  } catch {
    // It was cut, as by a loss of power.
    return null;
  }
  return last.version === version() && hasLeftBehind(last.config.state_dir, file) ? last.config : null;
}

/** Writes down which config is in effect, while there is anything that would outlive the daemon. @param first the one that is to be in effect first */
export function keepLastConfig(file: string, first: Config): AnyPlugin {
  const path = pathOf(file);
  return definePlugin({
    name: 'last_config',
    summary: 'Writes down which config is in effect, for a start after a crash that finds the file broken.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: ['ready', 'config_applied', 'shutdown'],
    setup({ hooks, log }) {
      const keep = (config: Config): void => {
        if (!hasLeftBehind(config.state_dir, file)) return;
        try {
          write(path, { version: version(), config });
        } catch (error) {
          log.warn(`should the config file be broken after a crash, nobody takes over: ${path} can not be written: ${messageOf(error)}`);
        }
      };
      hooks.ready.tap(() => keep(first));
      // Of several that are read at a time the latest counts, and none once everything is stopped.
      let latest = 0;
      // What was applied has what plugins have made of it; they will do so again.
      hooks.config_applied.tap(() => {
        const turn = ++latest;
        void loadConfig(file, { resolvePlugin, standing: DEFAULT_PLUGINS }).then(({ config }) => {
          if (config !== null && turn === latest) keep(config);
        });
      });
      hooks.shutdown.tap(() => {
        latest++;
        rmSync(path, { force: true });
      });
    },
  });
}

/** Beside what is named after the file: it has to be found without a config. */
function pathOf(file: string): string {
  return `${statePath(null, file)}.config`;
}

/** @throws PlantedError; what the file system throws */
function write(path: string, last: LastConfig): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${trustedPath(path).path}.${process.pid}`;
  // Of one that was killed meanwhile, and had the same id, as in a container.
  rmSync(draft, { force: true });
  const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, JSON.stringify(last));
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** The text of a file that only this user can have written, or read; null for any other. */
function readOwn(path: string): string | null {
  let fd: number;
  try {
    fd = openTrusted(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    // There is none, or somebody else's.
    return null;
  }
  try {
    const found = fstatSync(fd);
    return found.isFile() && found.uid === process.geteuid?.() && (found.mode & FOR_OTHERS) === 0 ? readFileSync(fd, 'utf8') : null;
  } finally {
    closeSync(fd);
  }
}
