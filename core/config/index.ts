/** Configuration: from a file or a JSON value to a checked `Config`, with every problem named. */
export { markChecked } from './checked.js';
export { type ConfigExport, type ConfigInput, defineConfig } from './define.js';
export { type LoadedConfig, type LoadOptions, loadConfig } from './load.js';
export { formatProblem, type Origin, type Problem } from './problem.js';
export { type CheckedConfig, type CheckOptions, checkConfig, checkConfigSync } from './validate.js';
export { checkWatcher, checkWatcherChange } from './watcher-options.js';
