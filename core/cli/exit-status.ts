/** Exit statuses of every program, with what they mean to whoever reads `--help`; 78 and 70 are those of sysexits.h. */
export const EXIT_STATUS = { ok: 0, failed: 1, usage: 2, refused: 3, differs: 4, internal: 70, config: 78 } as const;

export const EXIT_STATUS_HELP: readonly (readonly [number, string])[] = [
  [EXIT_STATUS.ok, 'done; a daemon was stopped on request'],
  [EXIT_STATUS.failed, 'no answer, wrong arguments, or the daemon could not start'],
  [EXIT_STATUS.usage, 'unknown verb or option'],
  [EXIT_STATUS.refused, 'the daemon answered with an error, or what was waited for has not come about'],
  [EXIT_STATUS.differs, 'plan: what runs differs from the config'],
  [EXIT_STATUS.internal, 'an error of ringmaster itself; please report it'],
  [EXIT_STATUS.config, 'the config has errors'],
];
