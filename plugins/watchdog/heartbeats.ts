import type { PluginContext } from '../../core/index.js';
import { heartbeatPid, patternOf } from './policy.js';
import type { schema } from './schema.js';
import { listenUdp } from './udp.js';

/** How often it is told that messages can't be read. */
const TELL_MS = 60_000;

type Context = Pick<PluginContext<typeof schema>, 'config' | 'clock' | 'log' | 'scope'>;

/**
 * Listens for heartbeats over UDP until the plugin is closed.
 *
 * @param heard takes the pid of each; false for one that is not watched
 * @throws RM_ENDPOINT_BIND, RM_PLUGIN_OPTION
 */
export async function hearHeartbeats({ config, clock, log, scope }: Context, port: number, heard: (pid: number) => boolean): Promise<void> {
  const heartbeat = patternOf('msg_regex', config.msg_regex);
  let told_ms = Number.NEGATIVE_INFINITY;
  const unread = (text: string, why: string): void => {
    if (clock.now() - told_ms < TELL_MS) return;
    told_ms = clock.now();
    log.warn(`a heartbeat ${why}`, { message: text.slice(0, 100) });
  };
  const listener = await listenUdp(config.ip, port, log, (text) => {
    const pid = heartbeatPid(heartbeat, text);
    if (pid === null) unread(text, 'does not match msg_regex');
    else if (!heard(pid)) unread(text, 'is of a process that is not watched');
  });
  scope.add('heartbeats', () => listener.close());
  log.info('listening for heartbeats', { ip: config.ip, port: listener.port });
}
