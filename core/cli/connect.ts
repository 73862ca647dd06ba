import type { DaemonLink, Io, VerbValues } from './verb.js';

/**
 * A connection to the daemon that options and the environment name, by whichever packaged plugin offers one.
 *
 * @throws Error where none does, or the options name no address
 */
export async function connectDaemon(values: VerbValues, io: Io): Promise<DaemonLink> {
  const { loadProviders } = await import('./verbs.js');
  const provider = (await loadProviders()).find(({ provider }) => provider.connect !== undefined)?.provider;
  if (provider?.connect === undefined) throw new Error('no packaged plugin can connect to a daemon');
  return provider.connect(values, io);
}
