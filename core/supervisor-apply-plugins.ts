import { explain, isRingmasterError, RingmasterError } from './errors.js';
import type { PlanStep } from './plan.js';
import type { PluginContainer } from './plugin-container.js';
import type { PluginEntry } from './plugin-instance.js';
import type { ApplyHost } from './supervisor-apply.js';

/** What of the supervisor takes part when plugins come and go. */
export type PluginsHost = Pick<ApplyHost, 'container' | 'hooks' | 'log' | 'isOpen' | 'isReady'>;

/**
 * Closes plugins that are to be set up again, and sets those up that are changed or new. Where one fails, what was closed is set up
 * as it was.
 *
 * @param entries the plugins that the config asks for
 * @throws RM_CONFIG_APPLY that names the plugin which failed; RM_CLOSED where the supervisor was asked to stop meanwhile
 */
export async function replacePlugins(steps: readonly PlanStep[], entries: readonly PluginEntry[], host: PluginsHost): Promise<void> {
  try {
    await takePluginSteps(steps, entries, host);
  } catch (cause) {
    if (isRingmasterError(cause, 'RM_CLOSED')) throw cause;
    const context = isRingmasterError(cause) ? cause.context : {};
    throw new RingmasterError('RM_CONFIG_APPLY', [explain(cause)], { cause, context });
  }
}

/**
 * As `replacePlugins`.
 *
 * @throws what the plugin that failed has thrown; RM_CLOSED where the supervisor was asked to stop meanwhile
 */
export async function takePluginSteps(
  steps: readonly PlanStep[],
  entries: readonly PluginEntry[],
  { container: containerOf, hooks, log, isOpen, isReady }: PluginsHost,
): Promise<void> {
  const loads = steps.flatMap((step) => (step.do === 'plugin_load' ? [step.plugin] : []));
  if (loads.length === 0) return;
  const container = containerOf();
  const before = container.entries().filter(({ detached }) => !detached);
  const welcome = async (names: readonly string[]): Promise<void> => {
    await hooks.catchUp('boot', names);
    if (isReady()) await hooks.catchUp('ready', names);
  };
  const again = steps.flatMap((step) => (step.do === 'plugin_unload' && step.reason !== 'removed' ? [step.plugin] : []));
  await unload(container, again);
  try {
    await container.load(entries.filter((entry) => loads.includes(entry.plugin.name)));
  } catch (cause) {
    if (!isOpen()) throw new RingmasterError('RM_CLOSED', ['the supervisor'], { cause });
    for (const entry of before.filter((entry) => !container.has(entry.plugin.name))) {
      try {
        await container.load([entry]);
        await welcome([entry.plugin.name]);
      } catch (error) {
        log.error(`plugin "${entry.plugin.name}" can not be set up as it was: ${explain(error)}`);
      }
    }
    throw cause;
  }
  await welcome(loads);
}

/** Closes plugins that are asked for no more. */
export function unloadPlugins(steps: readonly PlanStep[], container: PluginContainer): Promise<void> {
  const removed = steps.flatMap((step) => (step.do === 'plugin_unload' && step.reason === 'removed' ? [step.plugin] : []));
  return unload(container, removed);
}

async function unload(container: PluginContainer, names: readonly string[]): Promise<void> {
  for (const name of names) if (container.has(name)) await container.unload(name);
}
