import { spawn } from 'node:child_process';
import { messageOf } from '../../core/index.js';
import type { Delivery } from './outbox.js';

interface Run {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
  readonly signal: AbortSignal;
}

/** One run of a command, which is killed with its whole group when the signal is aborted. Never rejects. */
export function runCommand({ words: [file = '', ...args], cwd, env, input, signal }: Run): Promise<Delivery> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    const failed = (why: string): Delivery => ({ ok: false, why: `command ${file}: ${why}`, again: true });
    const kill = (): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', kill);
    const end = (delivery: Delivery): void => {
      signal.removeEventListener('abort', kill);
      resolve(delivery);
    };
    child.once('error', (error) => end(failed(messageOf(error))));
    child.once('exit', (code, by) => {
      if (code === 0) end({ ok: true });
      else if (signal.aborted) end(failed('did not end in time'));
      else end(failed(by === null ? `ended with status ${code}` : `ended by ${by}`));
    });
    // One that does not read its input closes it; what counts is its status.
    child.stdin.once('error', () => child.stdin.destroy());
    child.stdin.end(input);
  });
}
