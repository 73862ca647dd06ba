import type { SupervisorApi } from './api.js';
import { diffConfigs } from './config/index.js';
import type { Config } from './config/schema/daemon.js';
import type { WatcherOptions } from './config/schema/watcher.js';
import type { Logger } from './log.js';
import type { Watcher } from './watcher.js';

/** Where a config is put into effect. */
export interface ApplyTarget {
  readonly api: SupervisorApi;
  readonly log: Logger;
  find(name: string): Watcher | undefined;
}

/**
 * Makes what runs by `before` what `after` describes, touching only what differs: watchers are added, removed, scaled, given
 * options that take effect at once, or restarted. What only a new daemon can take over is logged.
 *
 * @source Circus's reload_from_config
 */
export async function applyConfig(before: Config, after: Config, { api, log, find }: ApplyTarget): Promise<void> {
  const diff = diffConfigs(before, after);
  const work: Promise<unknown>[] = diff.watchers.removed.filter((name) => find(name)).map((name) => api.remove(name));
  for (const name of diff.watchers.added) {
    const spec = after.watchers[name];
    const there = find(name);
    if (spec === undefined) continue;
    if (there) work.push(restartWith(there, spec));
    else {
      const added = api.add(name, spec);
      if (spec.autostart) work.push(added.start());
    }
  }
  for (const { name, effect } of diff.watchers.changed) {
    const watcher = find(name);
    const spec = after.watchers[name];
    if (watcher && spec) work.push(effect === 'restart' ? restartWith(watcher, spec) : watcher.update(spec, false));
  }
  for (const what of [...diff.daemon, ...names('plugin', diff.plugins), ...names('socket', diff.sockets)]) {
    log.warn(`${what} has changed; it takes effect when the daemon is started again`);
  }
  await Promise.all(work);
}

function names(
  kind: string,
  diff: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] },
): string[] {
  return [...diff.added, ...diff.removed, ...diff.changed].map((name) => `${kind} ${name}`);
}

/** As Circus does: down with the old options, up with the new ones; what is stopped stays so. */
async function restartWith(watcher: Watcher, spec: WatcherOptions): Promise<void> {
  const runs = watcher.status !== 'stopped';
  if (runs) await watcher.stop();
  const updated = watcher.update(spec, false);
  await (runs ? watcher.start() : updated);
}
