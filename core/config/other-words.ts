/** What other supervisors call options that are here by another name: Supervisor, PM2, systemd, Docker Compose. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  watchers: ['apps', 'processes', 'programs', 'services'],
  cmd: ['command', 'exec', 'execstart', 'run', 'script'],
  numprocesses: ['instances', 'numprocs', 'processes', 'replicas', 'workers'],
  working_dir: ['chdir', 'cwd', 'directory', 'workdir', 'working_directory', 'workingdirectory'],
  env: ['environment'],
  env_file: ['environmentfile'],
  uid: ['user'],
  gid: ['group'],
  respawn: ['auto_restart', 'autorestart', 'restart'],
  stop_signal: ['kill_signal', 'killsignal', 'stopsignal'],
  graceful_timeout: ['kill_timeout', 'stop_grace_period', 'stop_timeout', 'stopwaitsecs', 'timeoutstopsec'],
  stop_children: ['killasgroup', 'stopasgroup'],
  max_retry: ['max_restarts', 'startretries'],
  stdout: ['log_file', 'out_file', 'stdout_logfile'],
  stderr: ['err_file', 'error_file', 'stderr_logfile'],
};

/** What a key that is not known is called here; undefined where it is nobody's word, or what it stands for has no place there. */
export function ourWord(key: string, known: readonly string[]): string | undefined {
  const word = key.toLowerCase().replaceAll('-', '_');
  return known.find((one) => OTHER_WORDS[one]?.includes(word));
}
