import type { FromSchemaInput } from '../json-schema.js';
import type { configSchema } from './schema/daemon.js';

/** A config as a person may write it: only what differs from the defaults, quantities as numbers or text with a unit. */
export type ConfigInput = FromSchemaInput<typeof configSchema>;

/** A config, or a function, async or not, that returns one. */
export type ConfigExport = ConfigInput | (() => ConfigInput | Promise<ConfigInput>);

/** Gives completion and type checks to a config in JavaScript or TypeScript; returns its argument. */
export function defineConfig<const C extends ConfigExport>(config: C): C {
  return config;
}
