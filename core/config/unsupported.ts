import type { Finding } from './problem.js';

/**
 * What a config can ask for that is not there yet, as data: a row is deleted when its thing is built.
 * A row is told once for each place that asks, at the first of its keys that has more than its default.
 */
export interface UnsupportedRow {
  readonly at: 'daemon' | 'watcher';
  readonly keys: readonly string[];
  readonly finding: Finding;
}

const row = (at: UnsupportedRow['at'], keys: readonly string[], what: string, fix: string): UnsupportedRow => ({
  at,
  keys,
  finding: { message: `asks for ${what}`, fix },
});

export const UNSUPPORTED: readonly UnsupportedRow[] = [
  row(
    'daemon',
    ['httpd'],
    "Circus's web console, circus-web, which is a program of its own: no HTTP port is opened for it",
    'name the plugin `page` under plugins, which shows the same at the plugin `http`, or use `ringmaster top`; then remove the httpd options',
  ),
  row('daemon', ['debug_gc'], 'debugging of Python’s garbage collector, which there is none of here: it has no effect', 'remove it'),
  row(
    'daemon',
    ['fqdn_prefix'],
    'a prefix for the host name in reports of plugins, of which none uses it yet: it has no effect',
    'remove it',
  ),
  row(
    'watcher',
    ['copy_path'],
    'sys.path of a daemon in Python, which there is none of here: PYTHONPATH stays as it is',
    'set PYTHONPATH in env',
  ),
];

/** A hook in Python, which can never be called from here. */
export const PYTHON_HOOK: Finding = {
  message: 'names a Python function, which can’t be called here',
  allowed: 'a function of a JavaScript module: ./checks.mjs#name',
  fix: 'write the function in JavaScript and name it ./checks.mjs#name',
};

/** A stream class of one's own in Python. */
export const PYTHON_STREAM: Finding = {
  message: 'names a Python class, which can’t be used here',
  allowed:
    'one of FileStream, WatchedFileStream, TimedRotatingFileStream, StdoutStream, FancyStdoutStream, QueueStream, or a JavaScript class: ./streams.mjs#Name',
  fix: 'use one of the stream classes there are, or write it in JavaScript and name it ./streams.mjs#Name',
};

/** Circus's own plugins: the class that `use` names, and the plugin that does the same here. */
export const CIRCUS_PLUGINS: Readonly<Record<string, string>> = {
  'circus.plugins.flapping.Flapping': 'flapping',
  'circus.plugins.watchdog.WatchDog': 'watchdog',
  'circus.plugins.statsd.StatsdEmitter': 'statsd',
  'circus.plugins.statsd.FullStats': 'full_stats',
  'circus.plugins.http_observer.HttpObserver': 'http_observer',
  'circus.plugins.redis_observer.RedisObserver': 'redis_observer',
  'circus.plugins.resource_watcher.ResourceWatcher': 'resource_watcher',
  'circus.plugins.command_reloader.CommandReloader': 'command_reloader',
};

/** The packaged plugin that does what a Python class of Circus does; Circus has their modules with a leading underscore too. */
export function packagedPlugin(use: string): string | undefined {
  return CIRCUS_PLUGINS[use.replace('.plugins._', '.plugins.')];
}
