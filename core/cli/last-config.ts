import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSame } from '../config/diff.js';
import { loadConfig } from '../config/index.js';
import type { Config } from '../config/schema/daemon.js';
import { messageOf } from '../errors.js';
import { bootId } from '../os/boot-id.js';
import { hasJournal } from '../os/left-state.js';
import { procStat } from '../os/posix/proc-identity.js';
import { openTrusted, trustedPath } from '../os/trusted-file.js';
import { type AnyPlugin, definePlugin } from '../plugin.js';
import { resolvePlugin } from '../plugin-resolve.js';
import { statePath } from '../state-path.js';
import { DEFAULT_PLUGINS } from './daemon-plugins.js';
import { version } from './version.js';

/** What is said of processes that nobody knows. */
const ALONE = 'processes of durable watchers may run on beside those that are started now, and nobody stops them (see durability.md)';
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const FOR_OTHERS = 0o077;

/** What is written down of a config. */
interface LastConfig {
  /** Of ringmaster. Another one may have other options. */
  readonly version: string;
  /** Who has written it. */
  readonly boot_id: string;
  readonly pid: number;
  readonly start_ticks: number;
  /** Absolute: where what outlives the daemon is noted down. */
  readonly state_dir: string;
  readonly config: Config;
}

/** What a start begins with. */
export interface Standing {
  readonly config: Config;
  /** What there is to say about that. */
  readonly warnings: readonly string[];
}

/**
 * What this file said when a config was last applied by a supervisor of it that has died, for a start that finds the file broken: what the
 * dead one has left must not go without a supervisor for that. Null where nothing is left, or nothing that can be trusted.
 */
export function lastConfig(file: string): Config | null {
  const last = readLast(file);
  if (last === null || last.version !== version() || !hasJournal(last.state_dir)) return null;
  const { config, state_dir } = last;
  return statePath(config.state_dir, file) === state_dir ? config : { ...config, state_dir };
}

/** The same for a start that this config keeps from; null also where it is the same one, or of a daemon that lives. */
export function otherConfig(file: string, config: Config): Config | null {
  const last = readLast(file);
  const before = last === null || isOther(last) ? null : lastConfig(file);
  return isSame(before, JSON.parse(JSON.stringify(config))) ? null : before;
}

/**
 * A config as it is put into effect: with the state directory of the supervisor of this file before, where that has left something there,
 * whatever the config says by now. The rest of what has changed is applied once that was taken over; this decides what is.
 */
export function standingConfig(file: string, config: Config): Standing {
  const last = readLast(file);
  if (last === null || last.boot_id !== bootId() || isOther(last)) return { config, warnings: [] };
  const { state_dir } = last;
  if (!hasJournal(state_dir))
    return { config, warnings: [`the daemon before did not end in order, and what it had noted down in ${state_dir} is gone: ${ALONE}`] };
  const asked = statePath(config.state_dir, file);
  if (asked === state_dir) return { config, warnings: [] };
  const warning = `state_dir: what the daemon before has left is in ${state_dir}, which is used on; ${asked} is used after the next stop`;
  return { config: { ...config, state_dir }, warnings: [warning] };
}

/** Whether it is of another daemon that lives. */
function isOther({ pid, start_ticks }: LastConfig): boolean {
  if (pid === process.pid) return false;
  const there = procStat(pid);
  return there !== null && !there.zombie && there.start_ticks === start_ticks;
}

/** Writes down which config is in effect, while there is anything that would outlive the daemon. @param first the one that is to be in effect first */
export function keepLastConfig(file: string, first: Config): AnyPlugin {
  const path = pathOf(file);
  return definePlugin({
    name: 'last_config',
    summary: 'Writes down which config is in effect, for a start after a crash that finds the file broken.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: ['boot', 'ready', 'config_applied', 'leaving', 'shutdown'],
    setup({ hooks, log }) {
      // The directory is changed by no config that comes later.
      const state_dir = statePath(first.state_dir, file) ?? '';
      let current = first;
      const keep = (): void => {
        if (!hasJournal(state_dir)) return;
        try {
          const { pid } = process;
          write(path, {
            version: version(),
            boot_id: bootId(),
            pid,
            start_ticks: procStat(pid)?.start_ticks ?? 0,
            state_dir,
            config: current,
          });
        } catch (error) {
          log.warn(`should the config file be broken after a crash, nobody takes over: ${path} can not be written: ${messageOf(error)}`);
        }
      };
      let isReady = false;
      // What is there goes on to be what a start goes back to that fails; without one, a crash amid the start is to find this one.
      const isThere = lastConfig(file) !== null;
      hooks.boot.tap(() => {
        if (!isThere) keep();
      });
      hooks.ready.tap(() => {
        isReady = true;
        keep();
      });
      // Of several that are read at a time the latest counts, and none once everything is stopped.
      let latest = 0;
      // What was applied has what plugins have made of it; they will do so again.
      hooks.config_applied.tap(() => {
        // The start applies the first one, which may be another than the file's.
        if (!isReady) return;
        const turn = ++latest;
        void loadConfig(file, { resolvePlugin, standing: DEFAULT_PLUGINS }).then(({ config }) => {
          if (config === null || turn !== latest) return;
          current = config;
          keep();
        });
      });
      // Where nothing is durable there was nothing to write it for until now.
      hooks.leaving.tap(() => {
        keep();
      });
      hooks.shutdown.tap(() => {
        latest++;
        // A start that has failed leaves what it has found.
        if (!hasJournal(state_dir)) rmSync(path, { force: true });
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

function readLast(file: string): LastConfig | null {
  const text = readOwn(pathOf(file));
  if (text === null) return null;
  try {
    const last: Partial<LastConfig> | null = JSON.parse(text);
    return typeof last?.state_dir === 'string' ? (last as LastConfig) : null;
  } catch {
    // It was cut, as by a loss of power.
    return null;
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
