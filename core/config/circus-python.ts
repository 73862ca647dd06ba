import type { IniEntry } from './ini.js';
import { type JsonObject, objectIn } from './json-value.js';
import type { Findings, Path } from './problem.js';

/** The packaged plugin that runs Python classes as Circus does. */
export const PYTHON_RUNNER = 'circus_plugins';

/** Options in the section of a Python class that are for its process. */
const OF_THE_PROCESS =
  /^(?:priority|singleton|numprocesses|copy_env|copy_path|working_dir|uid|gid|close_child_\w+|std(?:out|err)_stream\..*|rlimit_\w+|virtualenv|virtualenv_py_ver|graceful_timeout|stop_signal|autostart|respawn)$/;

/** Whether `use` names a Python class. */
export function isPythonClass(use: string): boolean {
  return /^[A-Za-z_]\w*(?:\.\w+)*[.:][A-Za-z_]\w*$/.test(use);
}

/** The options of a section that a packaged plugin has in the place of Circus's: none of a process, and `active` for flapping alone. */
export function packagedOptions(plugin: string, name: string, entries: ReadonlyMap<string, IniEntry>, findings: Findings): typeof entries {
  const active = plugin === 'flapping' ? undefined : entries.get('active');
  if (active !== undefined) {
    const fix = 'remove the section where the plugin is not to run';
    findings.warn(['plugins', name, 'active'], { message: `has no effect on plugin ${plugin}, which runs`, fix }, active.origin);
  }
  return new Map([...entries].filter(([key, entry]) => !OF_THE_PROCESS.test(key) && entry !== active));
}

/**
 * One `[plugin:NAME]` that uses a Python class, as an option of the plugin which runs them, every value still text. As in Circus the
 * class is given every option of its section, those of its process too. `python` is ours.
 */
export function pythonPlugin(use: string, entries: ReadonlyMap<string, IniEntry>, path: Path, findings: Findings): JsonObject {
  const plugin: JsonObject = { use };
  for (const [key, { value, origin }] of entries) {
    const put = (...keys: readonly string[]): void => {
      for (let length = 1; length <= keys.length; length++) findings.locate([...path, ...keys.slice(0, length)], origin);
      const last = keys.at(-1) ?? key;
      keys.slice(0, -1).reduce(objectIn, plugin)[last] = value;
    };
    if (key === 'use') findings.locate([...path, key], origin);
    else if (key === 'python') put(key);
    else put('config', key);
    // sys.path of a daemon in Python, which there is none of here.
    if (key === 'copy_path') continue;
    const [, stream, option] = /^(std(?:out|err)_stream)\.(.+)$/.exec(key) ?? [];
    if (stream !== undefined && option !== undefined) put('watcher', stream, option);
    else if (OF_THE_PROCESS.test(key)) put('watcher', key);
  }
  return plugin;
}
