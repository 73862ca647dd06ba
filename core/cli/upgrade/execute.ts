import type { Image } from '../../os/durable.js';
import type { DaemonControl } from '../daemon-control.js';
import { IN_BACKGROUND, PARENT } from '../respawn/asked.js';
import type { ParentLink } from '../respawn/parent-link.js';
import type { ParentNote } from '../respawn/words.js';
import type { Left } from './upgrader.js';

export interface Standing {
  readonly parent: ParentLink | null;
  readonly control: Pick<DaemonControl, 'stopping'>;
  /** Whether this process is the background half of `--daemon`. */
  readonly background: boolean;
  /** As it was before the config had a say; null where it had none. */
  readonly umask: number | null;
}

/** Executes the program that follows, with the words of this one. @returns only where that can't be, and why */
export async function execute({ program, os }: Left, { parent, control, background, umask }: Standing): Promise<Error> {
  // A signal in between would have its default action.
  await parent?.tell({ takes_signals: false });
  const note: ParentNote = { fd: parent?.fd ?? null, after: null };
  const now = umask === null ? null : process.umask(umask);
  // Nothing comes between this look and the other program.
  const image: Image = {
    file: process.execPath,
    argv: [process.execPath, ...process.execArgv, program.main, ...process.argv.slice(2)],
    env: { ...process.env, [PARENT]: JSON.stringify(note), ...(background && { [IN_BACKGROUND]: '1' }) },
    fds: [0, 1, 2, ...(note.fd === null ? [] : [note.fd])],
  };
  const error = control.stopping ? new Error('a stop was asked for') : os.become(image);
  if (now !== null) process.umask(now);
  await parent?.tell({ takes_signals: true });
  return error;
}
