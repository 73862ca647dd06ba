// Compiled with everything else: each @ts-expect-error line must be an error.
import { type ConfigInput, defineConfig } from '../../core/config/index.js';

export const plain = defineConfig({ check_delay: '5s', umask: '022', watchers: { web: { cmd: 'run', args: ['a'], uid: 1000 } } });
export const computed = defineConfig(async () => ({ watchers: { web: { cmd: 'run', rlimit_nofile: null } } }));

// @ts-expect-error a watcher without a command
export const incomplete: ConfigInput = { watchers: { web: { numprocesses: 2 } } };
// @ts-expect-error an option that there is none of
export const unknown: ConfigInput = { watchers: { web: { cmd: 'run', numproceses: 2 } } };
// @ts-expect-error a number where true or false is wanted
export const mistyped: ConfigInput = { debug: 1 };
