import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Calls of the C library, named as there. Those that return -1 leave their reason in `errno`; posix_spawn and its kin return it. */
export interface Libc {
  errno(): number;
  /** Where the bytes of a buffer are, as long as somebody holds it. */
  addressOf(buffer: Uint8Array): bigint;
  /** The memory at an address, as it is whenever it is read; nothing keeps it there. */
  view(address: bigint, bytes: number): ArrayBuffer;
  /** Where the pointers to the variables of this process are at present. */
  environ(): bigint;
  /** What has no name in the library, by its number. */
  syscall(number: number, a: number | bigint, b: number | bigint, c: number | bigint, d: number | bigint, e: number | bigint): number;
  close(fd: number): number;
  /** @param path with its zero */
  access(path: Uint8Array, mode: number): number;
  kill(pid: number, signum: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  pipe2(fds: Uint8Array, flags: number): number;
  waitpid(pid: number, status: Int32Array, flags: number): number;
  waitid(kind: number, id: number, info: Int32Array, flags: number): number;
  prctl(option: number, a: Uint8Array | null, b: number, c: number, d: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epoll_wait(epoll: number, events: Uint8Array, most: number, timeout_ms: number): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, bytes: number): number;
  listen(fd: number, backlog: number): number;
  getsockname(fd: number, address: Uint8Array, bytes: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  connect(fd: number, address: Uint8Array, bytes: number): number;
  sendto(fd: number, data: Uint8Array, bytes: number, flags: number, to: Uint8Array, to_bytes: number): number;
  fchmod(fd: number, mode: number): number;
  sigfillset(set: Uint8Array): number;
  sigemptyset(set: Uint8Array): number;
  posix_spawn(
    pid: Int32Array,
    path: Uint8Array,
    actions: Uint8Array,
    attributes: Uint8Array,
    /** Pointers to the texts, a null after the last; `envp` too. */
    argv: Uint8Array,
    envp: Uint8Array,
  ): number;
  posix_spawnattr_init(attributes: Uint8Array): number;
  posix_spawnattr_setflags(attributes: Uint8Array, flags: number): number;
  posix_spawnattr_setsigmask(attributes: Uint8Array, set: Uint8Array): number;
  posix_spawnattr_setsigdefault(attributes: Uint8Array, set: Uint8Array): number;
  posix_spawn_file_actions_init(actions: Uint8Array): number;
  posix_spawn_file_actions_destroy(actions: Uint8Array): number;
  posix_spawn_file_actions_addopen(actions: Uint8Array, fd: number, path: string, flags: number, mode: number): number;
  posix_spawn_file_actions_adddup2(actions: Uint8Array, from: number, to: number): number;
  posix_spawn_file_actions_addclose(actions: Uint8Array, fd: number): number;
  posix_spawn_file_actions_addchdir_np(actions: Uint8Array, path: string): number;
  /** glibc has it from 2.34 on, musl has not. */
  readonly posix_spawn_file_actions_addclosefrom_np: ((actions: Uint8Array, from: number) => number) | null;
}

/** Values of the Linux headers that are the same on every processor Node runs on. */
export const C = {
  O_CLOEXEC: 0o2000000,
  O_NONBLOCK: 0o4000,
  F_OK: 0,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_SETOWN: 8,
  F_DUPFD_CLOEXEC: 1030,
  F_SETPIPE_SZ: 1031,
  F_GETPIPE_SZ: 1032,
  WNOHANG: 1,
  WEXITED: 4,
  WNOWAIT: 0x01000000,
  P_ALL: 0,
  PR_GET_CHILD_SUBREAPER: 37,
} as const;

type Koffi = Pick<typeof import('koffi'), 'load' | 'errno' | 'address' | 'view'>;

/**
 * What koffi has in C, which is all that is needed of it, where npm puts that beside koffi: its JavaScript takes as long again, mostly to
 * find out that it is this one. Else koffi itself, which knows every platform.
 */
function loadKoffi(): Koffi {
  const { platform, arch } = process;
  try {
    return require(`@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`);
  } catch {
    // Another libc or kind of processor, or koffi is installed in another way.
    return require('koffi');
  }
}

/** Binds the C library through koffi. @throws Error where there is no koffi for this platform, or a call is missing */
export async function loadLibc(): Promise<Libc> {
  const { load, errno, address, view } = loadKoffi();
  const library = load(null);
  const f = (definition: string): ReturnType<typeof library.func> => library.func(definition);
  const optional = (definition: string): ReturnType<typeof library.func> | null => {
    try {
      return f(definition);
    } catch {
      return null;
    }
  };
  const environ = new BigUint64Array(view(library.symbol('environ'), 8));
  return {
    errno: () => errno(),
    addressOf: (buffer) => address(buffer),
    view: (at, bytes) => view(at, bytes),
    environ: () => environ[0] ?? 0n,
    syscall: f('long syscall(long, long, long, long, long, long)'),
    close: f('int close(int)'),
    access: f('int access(void *, int)'),
    kill: f('int kill(int, int)'),
    fcntl: f('int fcntl(int, int, long)'),
    pipe2: f('int pipe2(void *, int)'),
    waitpid: f('int waitpid(int, void *, int)'),
    waitid: f('int waitid(int, uint, void *, int)'),
    prctl: f('int prctl(int, void *, ulong, ulong, ulong)'),
    epoll_create1: f('int epoll_create1(int)'),
    epoll_ctl: f('int epoll_ctl(int, int, int, void *)'),
    epoll_wait: f('int epoll_wait(int, void *, int, int)'),
    socket: f('int socket(int, int, int)'),
    bind: f('int bind(int, void *, uint)'),
    listen: f('int listen(int, int)'),
    getsockname: f('int getsockname(int, void *, void *)'),
    setsockopt: f('int setsockopt(int, int, int, void *, uint)'),
    connect: f('int connect(int, void *, uint)'),
    sendto: f('long sendto(int, void *, size_t, int, void *, uint)'),
    fchmod: f('int fchmod(int, uint)'),
    sigfillset: f('int sigfillset(void *)'),
    sigemptyset: f('int sigemptyset(void *)'),
    posix_spawn: f('int posix_spawn(void *, void *, void *, void *, void *, void *)'),
    posix_spawnattr_init: f('int posix_spawnattr_init(void *)'),
    posix_spawnattr_setflags: f('int posix_spawnattr_setflags(void *, short)'),
    posix_spawnattr_setsigmask: f('int posix_spawnattr_setsigmask(void *, void *)'),
    posix_spawnattr_setsigdefault: f('int posix_spawnattr_setsigdefault(void *, void *)'),
    posix_spawn_file_actions_init: f('int posix_spawn_file_actions_init(void *)'),
    posix_spawn_file_actions_destroy: f('int posix_spawn_file_actions_destroy(void *)'),
    posix_spawn_file_actions_addopen: f('int posix_spawn_file_actions_addopen(void *, int, const char *, int, uint)'),
    posix_spawn_file_actions_adddup2: f('int posix_spawn_file_actions_adddup2(void *, int, int)'),
    posix_spawn_file_actions_addclose: f('int posix_spawn_file_actions_addclose(void *, int)'),
    posix_spawn_file_actions_addchdir_np: f('int posix_spawn_file_actions_addchdir_np(void *, const char *)'),
    posix_spawn_file_actions_addclosefrom_np: optional('int posix_spawn_file_actions_addclosefrom_np(void *, int)'),
  };
}
