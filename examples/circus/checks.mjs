import { statfs } from 'node:fs/promises';

/** Lets the watcher start where there is a megabyte left on the disk; only false refuses. */
export async function there_is_room({ watcher, hook_name }) {
  const { bavail, bsize } = await statfs('.');
  console.log(`${hook_name} of ${watcher.name} was asked`);
  return bavail * bsize > 1024 * 1024;
}
