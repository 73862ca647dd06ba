import type { Clock } from './clock.js';
import type { Logger } from './log.js';
import type { Os } from './os/port.js';
import type { AnyPlugin } from './plugin.js';
import type { Upgraded, UpgradeRequest } from './upgrade.js';

export interface SupervisorOptions {
  /** Plugins by object; those that the config names otherwise are imported at start. All of these are set up, named in the config or not. */
  readonly plugins?: readonly AnyPlugin[];
  /** Nothing is logged where none is given. */
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Where none is given, the form that works here, chosen at start. */
  readonly os?: Os;
  /** From 0 to 1; Math.random where none is given. */
  readonly random?: () => number;
  /** Replaces the program by another version; where none is given, an upgrade is refused. */
  readonly upgrade?: (request: UpgradeRequest) => Promise<Upgraded>;
  /** Keep processes over a crash where the config does not say whether to, as far as that can be here (default false). */
  readonly durable?: boolean;
  /** The file that the config was read from, which `reloadConfig` reads again and relative plugins refer to. */
  readonly config_file?: string;
  /** Why that file can't be used, where the config is another: told as the trouble `config` until a config is applied. */
  readonly config_trouble?: string;
}
