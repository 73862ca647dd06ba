/** Numbers of system calls that are the same on every processor. @source asm-generic/unistd.h */
export const SYS = { pidfd_send_signal: 424, pidfd_open: 434, pidfd_getfd: 438 } as const;

/** Numbers of those of asynchronous input and output; missing where they are not known. @source asm/unistd.h of each processor */
export const AIO: Readonly<Partial<Record<NodeJS.Architecture, { setup: number; getevents: number; submit: number }>>> = {
  x64: { setup: 206, getevents: 208, submit: 209 },
  arm64: { setup: 0, getevents: 4, submit: 2 },
};
