import type { WatcherOptions } from './config/schema/watcher.js';
import type { Os } from './os/port.js';

/** As whom the processes of a watcher run: uid and gid as numbers, the user's own group where only uid is given. @throws RM_USER_UNKNOWN, RM_GROUP_UNKNOWN */
export function identityOf(os: Os, { uid, gid }: Pick<WatcherOptions, 'uid' | 'gid'>): { readonly uid?: number; readonly gid?: number } {
  const user = uid === null ? null : os.userId(uid);
  const group = gid === null ? user?.gid : os.groupId(gid);
  return { ...(user ? { uid: user.uid } : {}), ...(group === undefined ? {} : { gid: group }) };
}
