/** Rows of the table of errors: what can stand in the way of keeping processes over a crash or an upgrade of the daemon. */
export const DURABLE_ERRORS = {
  RM_NOT_DURABLE: {
    message: (why: string) => `processes can not be kept over a crash of the daemon (durable): ${why}`,
    fix: 'say `durable: false`, or mend what is named; docs/durability.md has what is needed',
  },
  RM_STATE_DIR: {
    message: (path: string, why: string) => `cannot use the state directory ${path}: ${why}`,
    fix: 'mend what is named, or name another by state_dir: one that is not there yet is made, for its owner only',
  },
  RM_STATE_DIR_HELD: {
    message: (path: string, holder: string) => `the state directory ${path} is in use by ${holder}`,
    fix: 'end that daemon first, or give this one another state_dir',
  },
  RM_JOURNAL_VERSION: {
    message: (found: unknown, known: number) => `the journal is of version ${JSON.stringify(found)}, only ${known} is known here`,
    fix: 'start the version of ringmaster that wrote it and stop that in order, or end its processes and remove the state directory',
  },
  RM_UPGRADE: {
    message: (why: string) => `cannot upgrade: ${why}`,
    fix: 'nothing has changed; mend what is named, and try again',
  },
  RM_UPGRADE_RESTARTS: {
    message: (names: string) => `cannot upgrade without restarting the processes of ${names}: they are not durable`,
    fix: 'say `durable: true` for them, or have them restarted with --restart-others (restart_others)',
  },
  RM_UPGRADED: {
    message: () => 'another version took over before this had come to an end; what was asked of watchers goes on',
    fix: '`status` and `why` tell what has become of it; look before you ask again',
  },
} as const;
