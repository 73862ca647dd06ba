/** How each packaged plugin is used, as YAML of a config that is checked; plugins that come along by themselves have none. */
export const PLUGIN_EXAMPLES: Readonly<Record<string, string>> = {
  backoff: `plugins:
  backoff: {cap: 30s, respawns_per_second: 20}
watchers:
  web: {cmd: node server.js, plugins: {backoff: {initial: 1s}}}`,
  checks: `plugins:
  checks: {probes: {db: {type: tcp, options: {port: 5432}, watcher: web, action: restart}}}
watchers:
  web: {cmd: node server.js}`,
  circus_plugins: `plugins:
  circus_plugins: {plugins: {mine: {use: my.module.Plugin, config: {loop_rate: 5}}}}`,
  command_reloader: `plugins:
  command_reloader: {action: reload}
watchers:
  web: {cmd: node server.js, plugins: {command_reloader: {files: ['src/**/*.js']}}}
  db: {cmd: redis-server, plugins: {command_reloader: false}}`,
  config_hooks: `plugins:
  config_hooks: {deadline: 5s}
watchers:
  web: {cmd: node server.js, hooks: {before_start: './checks.mjs#databaseIsUp'}}`,
  control: `plugins:
  control: {max_in_flight: 1000}`,
  cron: `watchers:
  backup: {cmd: ./backup.sh, respawn: false, autostart: false, plugins: {cron: {schedule: 30 4 * * *, time_zone: Europe/Berlin, action: run}}}
plugins:
  cron: {jobs: {weekly: {schedule: '@weekly', action: reload, watcher: backup}}}`,
  discovery: `multicast_endpoint: udp://237.219.251.97:12027
plugins:
  discovery: {}`,
  flapping: `plugins:
  flapping: {attempts: 3, window: 10s}
watchers:
  web: {cmd: node server.js, plugins: {flapping: {max_retry: -1}}}
  job: {cmd: ./job.sh, plugins: {flapping: false}}`,
  full_stats: `plugins:
  full_stats: {host: statsd.example, loop_rate: 10s, tags: 'env:prod'}
watchers:
  web: {cmd: node server.js}`,
  http: `plugins:
  http: {port: 8090, token: $(circus.env.HTTP_TOKEN)}`,
  http_observer: `plugins:
  http_observer:
    checks:
      api: {url: 'http://127.0.0.1:8080/health', expected_status: [200], expected_body: ok, failures: 3, watcher: web}
watchers:
  web: {cmd: node server.js}`,
  logs: `watchers:
  web: {cmd: node server.js, stdout_stream: {class: FileStream, filename: web.log}}`,
  metrics: `plugins:
  http: {port: 9100}
  metrics: {}`,
  notify: `plugins:
  notify: {events: [gave_up, unresponsive], url: $(circus.env.WEBHOOK_URL)}
watchers:
  web: {cmd: node server.js}`,
  page: `plugins:
  http: {token: $(circus.env.HTTP_TOKEN)}
  page: {lines: 500}`,
  redis_observer: `plugins:
  redis_observer: {redis_url: 'redis://127.0.0.1:6379/0', loop_rate: 10s, restart_on_timeout: redis}
watchers:
  redis: {cmd: redis-server}`,
  resource_watcher: `plugins:
  resource_watcher: {loop_rate: 10s}
watchers:
  web: {cmd: node server.js, plugins: {resource_watcher: {max_mem: 300M, action: replace}}}`,
  stats: `statsd: true
plugins:
  stats: {interval: 2s}`,
  statsd: `plugins:
  statsd: {host: statsd.example, application_name: shop}
watchers:
  web: {cmd: node server.js, plugins: {statsd: {tags: 'team:web'}}}
  job: {cmd: ./job.sh, plugins: {statsd: false}}`,
  systemd: `plugins:
  systemd: {status_delay: 5s}`,
  tcp_observer: `plugins:
  tcp_observer: {checks: {db: {host: 127.0.0.1, port: 5432, action: event, watcher: web}}}
watchers:
  web: {cmd: node server.js}`,
  virtualenv: `watchers:
  app: {cmd: python app.py, virtualenv: /opt/venv}`,
  watchdog: `plugins:
  watchdog: {port: null, loop_rate: 10s}
watchers:
  web: {cmd: ./server, plugins: {watchdog: {notify: true, ready_timeout: 30s}}}`,
};

/** Plugins that nobody names. */
export const WITHOUT_EXAMPLE: readonly string[] = ['config_sources', 'statsd_client'];
