import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatProblem, type LoadedConfig, loadConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';

const STATSD = { application_name: 'app', host: 'localhost', port: 8125, sample_rate: 1 };

/** Circus's classes, what does the same here, and every option that they read, with Circus's default. */
const CLASSES: readonly [use: string, plugin: string, defaults: object, more: string][] = [
  ['flapping.Flapping', 'flapping', { attempts: 2, window: 1, retry_in: 7, max_retry: 5, active: true }, ''],
  ['statsd.StatsdEmitter', 'statsd', STATSD, ''],
  ['_statsd.StatsdEmitter', 'statsd', STATSD, ''],
  ['statsd.FullStats', 'full_stats', { ...STATSD, loop_rate: 60 }, ''],
  ['command_reloader.CommandReloader', 'command_reloader', { loop_rate: 1 }, ''],
  [
    'watchdog.WatchDog',
    'watchdog',
    { loop_rate: 60, watchers_regex: '.*', max_count: 3, ip: '127.0.0.1', port: 1664, msg_regex: '^(?P<pid>.*);(?P<timestamp>.*)$' },
    'watchers_stop_signal = INT\nwatchers_graceful_timeout = 3\n',
  ],
  [
    'http_observer.HttpObserver',
    'http_observer',
    { ...STATSD, application_name: 'http_observer', timeout: 10, loop_rate: 60 },
    'check_url = http://localhost/\nrestart_on_error = web\n',
  ],
  [
    'redis_observer.RedisObserver',
    'redis_observer',
    { ...STATSD, application_name: 'redis_observer', redis_url: 'redis://localhost:6379/0', timeout: 5, loop_rate: 60 },
    'restart_on_timeout = web\n',
  ],
  [
    'resource_watcher.ResourceWatcher',
    'resource_watcher',
    { ...STATSD, loop_rate: 60, max_cpu: 90, max_mem: 90, health_threshold: 75, max_count: 3, process_children: false },
    'watcher = web\nmin_cpu = 1\nmin_mem = 1\nchild_signal = 15\n',
  ],
];

describe('classes of Circus that have their like here', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rm-classes-'));
  });
  after(() => rm(directory, { recursive: true }));

  const load = async (text: string): Promise<LoadedConfig> => {
    const file = join(directory, 'circus.ini');
    await writeFile(file, `[watcher:web]\ncmd = x\n${text}`);
    return loadConfig(file, { resolvePlugin: (name) => resolvePlugin(name, directory) });
  };

  for (const [use, plugin, defaults, more] of CLASSES) {
    it(`${use} is ${plugin}, with its defaults`, async () => {
      const { config, problems } = await load(`[plugin:p]\nuse = circus.plugins.${use}\n`);
      expect(problems).to.deep.equal([]);
      expect(config?.plugins[plugin]).to.deep.include(defaults);
    });

    it(`${plugin} takes every option of ${use}, and leaves out those of a process`, async () => {
      const all = Object.entries(defaults).map(([key, value]) => `${key} = ${String(value)}\n`);
      const process = 'priority = 3\nuid = nobody\nrlimit_core = 0\nautostart = True\nstdout_stream.class = StdoutStream\n';
      const { config, problems } = await load(`[plugin:p]\nuse = circus.plugins.${use}\n${all.join('')}${more}${process}`);
      expect(problems.map(formatProblem)).to.deep.equal([]);
      expect(config?.plugins[plugin]).to.deep.include(defaults);
    });
  }

  it('warns of `active`, which only flapping has', async () => {
    const { config, problems } = await load('[plugin:p]\nuse = circus.plugins.statsd.StatsdEmitter\nactive = False\n');
    expect(problems.map(formatProblem)).to.have.length(1);
    expect(problems[0]).to.deep.include({ severity: 'warning', line: 5, path: 'plugins.p.active' });
    expect(config?.plugins).to.have.property('statsd');
  });
});
