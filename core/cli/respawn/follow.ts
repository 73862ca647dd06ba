import { messageOf } from '../../errors.js';
import type { DaemonControl } from '../daemon-control.js';
import { createPidfile } from '../pidfile.js';
import type { ParentLink } from './parent-link.js';
import { endingText } from './words.js';

/** A pidfile that names whoever is to be signalled: the parent as long as there is one, as it is there when the supervisor is not. */
export class HeldPidfile implements Disposable {
  readonly #file: string;
  #held: Disposable;
  #is_over = false;

  /** @throws RM_PIDFILE_HELD, RM_PIDFILE_FOREIGN, RM_PIDFILE_WRITE */
  constructor(file: string, parent: ParentLink | null) {
    this.#file = file;
    this.#held = createPidfile(file, parent?.pid);
  }

  /** Names this process. @throws RM_PIDFILE_HELD, RM_PIDFILE_FOREIGN, RM_PIDFILE_WRITE */
  take(): void {
    if (this.#is_over) return;
    this.#held[Symbol.dispose]();
    this.#held = createPidfile(this.#file);
  }

  [Symbol.dispose](): void {
    this.#is_over = true;
    this.#held[Symbol.dispose]();
  }
}

/** Says in the log what the parent has done; when it is gone, that too, and the pidfile is this process's. */
export function followParent({ pid, after, gone }: ParentLink, control: DaemonControl, pidfile: HeldPidfile | undefined): void {
  if (after !== null)
    control.log.error(`the supervisor before this one (pid ${after.pid}) ${endingText(after)}`, {
      supervisor: after.pid,
      status: after.status,
      signal: after.signal,
      lived_ms: after.lived_ms,
    });
  const alone = (): void => {
    control.log.warn(`the parent (pid ${pid}) is gone: this supervisor goes on, and nobody starts it again`, { parent: pid });
    pidfile?.take();
  };
  gone.then(alone).catch((error: unknown) => control.log.error(`the pidfile is not taken over: ${messageOf(error)}`));
}
