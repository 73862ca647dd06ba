import { dirname } from 'node:path';
import { messageOf, RingmasterError } from './errors.js';
import { holderOf } from './os/holder.js';
import type { ListeningSocket, ListenSpec, Os } from './os/port.js';
import { trustedPath } from './os/trusted-file.js';

/** A socket of the same supervisor that goes, and may be where a new one is to be. */
export interface Leaving {
  readonly spec: ListenSpec;
  /** Null where each process has its own. */
  readonly socket: ListeningSocket | null;
}

/** A socket that is open, and has yet to take its place. */
export interface Opened {
  readonly socket: ListeningSocket;
  /** What one for each process is opened with, so that all of them have the same address. */
  readonly spec: ListenSpec;
  /** Has the file of a unix socket take the place of that of the one that goes. */
  settle(): void;
  /** Closes it, and leaves the one that was to go as it was. */
  undo(): void;
}

/**
 * Opens a managed socket. Where one that goes has the address, both have it for a while: of TCP and UDP the kernel gives some
 * connections to each until the old one is closed, of a unix socket the new one takes the path over in `settle`.
 *
 * @throws RM_SOCKET_OPEN that names the socket and the address, who holds it where that can be known, and what to do
 */
export async function openSocket(os: Os, name: string, spec: ListenSpec, leaving: readonly Leaving[] = []): Promise<Opened> {
  const where = spec.family === 'AF_UNIX' ? `${spec.path}` : `${spec.host}:${spec.port}`;
  try {
    if (spec.path !== null) trustedPath(dirname(spec.path));
    const { opened, shared, path } = await open(os, spec, leaving);
    const { host, port } = opened;
    return {
      socket: opened,
      spec: { ...spec, host: host ?? spec.host, port: port ?? spec.port },
      settle: () => {
        if (path !== null) opened.moveTo(path);
      },
      undo: () => {
        opened.close();
        for (const socket of shared) socket.share(false);
      },
    };
  } catch (cause) {
    const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new RingmasterError('RM_SOCKET_OPEN', [name, where, `${messageOf(cause)}${remedy(errno, spec)}`], {
      cause,
      context: { socket: name, address: where, errno },
    });
  }
}

interface Found {
  readonly opened: ListeningSocket;
  readonly shared: readonly ListeningSocket[];
  /** Where its file is to be, if that is not where it is. */
  readonly path: string | null;
}

async function open(os: Os, spec: ListenSpec, leaving: readonly Leaving[]): Promise<Found> {
  try {
    return { opened: await os.listen(spec), shared: [], path: null };
  } catch (error) {
    const there = leaving.filter((one) => isThere(one.spec, spec));
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') || there.length === 0) throw error;
    const { path } = spec;
    if (path !== null) return { opened: await os.listen({ ...spec, path: besidePath(path), replace: true }), shared: [], path };
    const shared = there.flatMap(({ socket, spec: { so_reuseport } }) => (socket === null || so_reuseport ? [] : [socket]));
    for (const socket of shared) socket.share(true);
    try {
      return { opened: await os.listen({ ...spec, so_reuseport: true }), shared, path: null };
    } catch (again) {
      for (const socket of shared) socket.share(false);
      throw again;
    }
  }
}

/** Where a unix socket is until it takes the place of another. */
function besidePath(path: string): string {
  return `${path}.new`;
}

/** Whether both may want the same address, as far as the config tells. */
function isThere(old: ListenSpec, { family, path, type, port }: ListenSpec): boolean {
  if (family === 'AF_UNIX' || old.family === 'AF_UNIX') return old.path === path;
  return old.type === type && old.port === port;
}

function remedy(errno: string, { family, host, port, path, replace, interface: device }: ListenSpec): string {
  if (errno === 'EADDRINUSE') {
    // The kernel knows a socket that has taken a path over by where it was before.
    const holder = path === null ? holderOf(port) : (holderOf(path) ?? holderOf(besidePath(path)));
    if (holder !== undefined) return `, held by ${holder}; stop that first, or choose another address`;
    if (family !== 'AF_UNIX') return '; stop who holds it, or choose another port';
    return replace
      ? '; what is there is no socket and not empty: move it away'
      : '; nobody listens there, it is left over: remove it, or set replace';
  }
  if ((errno === 'EACCES' || errno === 'EPERM') && family !== 'AF_UNIX' && port < 1024)
    return '; ports below 1024 are for root, or for who has CAP_NET_BIND_SERVICE';
  if (errno === 'EACCES' && family === 'AF_UNIX') return '; the user of the daemon must be able to write to that directory';
  if (errno === 'ENODEV' && device !== null) return `; this machine has no interface ${device}: see ip link`;
  if (errno === 'EADDRNOTAVAIL') return `; ${host} is not an address of this machine`;
  if (errno === 'ENOENT') return '; make the directory first';
  return '';
}
