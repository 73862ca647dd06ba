import type { SupervisorApi } from './api.js';
import type { Clock } from './clock.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import type { ConfigReader } from './supervisor-config.js';

/** What a supervisor has for all of its lives. */
export interface LifeHost {
  /** What a config file may hold, unchecked. */
  readonly input: unknown;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reader: ConfigReader;
  /** The supervisor as plugins see it. */
  readonly supervisor: SupervisorApi;
  /** The config file, for the name of the state directory. */
  readonly file: string | undefined;
  /** Whether processes are kept over a crash where the config does not say, as far as that can be here. */
  readonly durable_by_default: boolean;
  /** Why that file can't be used, and the config is another. */
  readonly config_trouble: string | undefined;
  random(): number;
  /** The operating system, chosen once. @throws RM_OS_FORM */
  os(): Promise<Os>;
}
