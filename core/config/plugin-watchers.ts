import { messageOf } from '../errors.js';
import { checkSchema } from './ajv-problems.js';
import type { Plugins } from './check-plugins.js';
import { type ConvertOptions, convertValue } from './convert.js';
import { isObject, type JsonObject, objectIn, own } from './json-value.js';
import { type Findings, formatPath, type Path } from './problem.js';
import type { Config, DaemonOptions } from './schema/daemon.js';
import { watcherSchema } from './schema/watcher.js';

/**
 * Adds the watchers that plugins bring, each marked with `plugins: {PLUGIN: true}`, by which a config that is checked a second time
 * has them replaced. Changes `config`, which must have been checked otherwise.
 */
export function addPluginWatchers(config: JsonObject, plugins: Plugins, { findings }: Pick<ConvertOptions, 'findings'>): void {
  const watchers = objectIn(config, 'watchers');
  for (const [source, plugin] of plugins) {
    const options = own(own(config, 'plugins'), source);
    if (plugin.watchers === undefined || !isObject(options)) continue;
    const path: Path = ['plugins', source];
    let brought: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    try {
      brought = plugin.watchers(options as never, config as unknown as DaemonOptions as never);
    } catch (thrown) {
      findings.error(path, { message: `can’t be used: ${messageOf(thrown)}` });
      continue;
    }
    for (const [name, spec] of Object.entries(brought)) {
      const at: Path = ['watchers', name];
      if (name in watchers && own(own(watchers[name], 'plugins'), plugin.name) !== true) {
        const fix = `give the watcher another name, or leave it out of plugin ${plugin.name}`;
        findings.error(at, { message: `has the name of a watcher that plugin ${plugin.name} brings`, found: name, fix });
        continue;
      }
      const origin = findings.origin(formatPath(path));
      if (origin !== null) findings.locate(at, origin);
      const watcher = convertValue({ ...spec, plugins: { [plugin.name]: true } }, watcherSchema, at, { findings, isText: () => false });
      checkSchema(watcher, watcherSchema, at, findings);
      watchers[name] = watcher;
    }
  }
}

/** Has plugins look at the machine; what they find is a warning, for it may be otherwise when the daemon starts. */
export async function examinePlugins(config: Config, plugins: Plugins, findings: Findings): Promise<void> {
  for (const [source, plugin] of plugins) {
    const options = config.plugins[source];
    if (plugin.examine === undefined || !isObject(options)) continue;
    try {
      for (const { path, message, fix } of await plugin.examine(options as never)) {
        findings.warn(['plugins', source, ...path], { message: `will not run: ${message}`, fix });
      }
    } catch (thrown) {
      findings.warn(['plugins', source], { message: `can’t be looked into: ${messageOf(thrown)}` });
    }
  }
}
