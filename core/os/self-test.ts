import { afterDeadline } from './deadline.js';
import type { Os } from './port.js';

const DEADLINE_MS = 5000;
const EXIT_CODE = 7;

/** Starts a process and waits for its exit: what everything else rests on. @throws Error that says what did not work */
export function selfTest(os: Os): Promise<void> {
  return new Promise((resolve, reject) => {
    const wrong = (what: string): void => {
      deadline[Symbol.dispose]();
      reject(new Error(`the self-test failed: ${what}`));
    };
    const deadline = afterDeadline(() => wrong(`the exit of a process was not told within ${DEADLINE_MS} ms`), DEADLINE_MS);
    const argv = ['sh', '-c', `exit ${EXIT_CODE}`];
    os.spawn(
      { file: '/bin/sh', argv, env: {}, cwd: '/', fds: new Map(), rlimits: {} },
      {
        spawned() {},
        failed: (errno, message) => wrong(`${message} (${errno})`),
        exited({ exit_code }) {
          if (exit_code !== EXIT_CODE) return wrong(`a process that ended with ${EXIT_CODE} was told to have ended with ${exit_code}`);
          deadline[Symbol.dispose]();
          resolve();
        },
      },
    );
  });
}
