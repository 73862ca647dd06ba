import type { CheckAction } from '../../core/index.js';
import type { Options } from './schema.js';

/** One port that is connected to. */
export interface TcpCheck {
  readonly name: string;
  /** Figures begin with it. */
  readonly prefix: string;
  readonly host: string;
  readonly port: number;
  readonly loop_rate_ms: number;
  readonly timeout_ms: number;
  readonly failures: number;
  readonly action: CheckAction;
  readonly watcher: string | null;
}

/** All that the options ask to connect to. */
export function checksOf({ checks, loop_rate, timeout }: Options): readonly TcpCheck[] {
  return Object.entries(checks).map(([name, check]) => ({
    ...check,
    name: `TCP check ${name}`,
    prefix: `tcp_stats.${name}`,
    loop_rate_ms: (check.loop_rate ?? loop_rate) * 1000,
    timeout_ms: (check.timeout ?? timeout) * 1000,
  }));
}
