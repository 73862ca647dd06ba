import { spawn } from 'node:child_process';
import type { RunRequest } from './daemon-entry.js';
import { EXIT_STATUS } from './exit-status.js';
import { IN_BACKGROUND } from './respawn/asked.js';
import type { Io } from './verb.js';

/** What the background half tells the one that waits in the foreground, once. */
type ForegroundWord = { readonly started: true } | { readonly status: number; readonly text: string };

/**
 * Runs this program again, detached and without a terminal, and waits until it has started.
 *
 * Node can't fork, so this is the nearest to daemon(7): a new session, standard streams on /dev/null.
 * @returns 0 once it runs; otherwise its exit status, after its error was printed
 */
export function runInBackground(request: RunRequest, io: Io): Promise<number> {
  if (request.log_output === undefined && request.logger_config === undefined)
    io.stderr.write(
      `${request.program}: in the background the log goes only to logoutput of the config; --log-output FILE names another\n`,
    );
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...io.env, [IN_BACKGROUND]: '1' },
  });
  return new Promise((resolve) => {
    child.once('message', (word: ForegroundWord) => {
      child.removeAllListeners();
      child.disconnect();
      child.unref();
      if ('status' in word) io.stderr.write(word.text);
      resolve('status' in word ? word.status : EXIT_STATUS.ok);
    });
    child.once('error', (error) => {
      io.stderr.write(`cannot start in the background: ${error.message}\n`);
      resolve(EXIT_STATUS.failed);
    });
    child.once('exit', (code, signal) => {
      io.stderr.write(`the daemon ended with ${signal ?? `status ${code}`} while it started; run it without --daemon to see why\n`);
      resolve(code ?? EXIT_STATUS.failed);
    });
  });
}

/** Whether this is the background half; asked once, as the mark is taken out of the environment that children inherit. */
export function takeBackgroundMark(): boolean {
  const marked = process.env[IN_BACKGROUND] !== undefined;
  delete process.env[IN_BACKGROUND];
  return marked;
}

/** Tells the foreground half how it went. A foreground half that is gone needs no answer. */
export function tellForeground(word: ForegroundWord): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(word, undefined, undefined, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
