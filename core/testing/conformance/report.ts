/** What came of one check of a plugin. */
export interface ConformanceCheck {
  readonly name: string;
  /** What was looked at, as a sentence that holds where it is passed. */
  readonly summary: string;
  readonly ok: boolean;
  /** What is wrong, each as a sentence; empty where it is passed. */
  readonly problems: readonly string[];
  /** How to mend it. */
  readonly fix: string;
}

/** Every check as a row of data: what holds where it is passed, and how to mend it. */
export const CHECKS = {
  options: {
    summary: 'each option has a type and a description',
    fix: 'add `type` (or `enum`, `anyOf`, `const`) and `description` to the option in the schema',
  },
  defaults: {
    summary: 'the defaults are what the schema allows',
    fix: 'correct the default, or what the schema allows; for an option that must be given, add an `examples` entry or give NAME=VALUE',
  },
  unknown_options: {
    summary: 'an option that there is none of is refused',
    fix: 'add `additionalProperties: false` to the schema, so that a slip of the fingers is told',
  },
  samples: {
    summary: 'the examples of the options are what the schema allows',
    fix: 'correct the entry of `examples`, or what the schema allows',
  },
  setup: {
    summary: 'it is set up, lives and is closed without a failure',
    fix: 'see the failure; report what goes wrong with the world outside by `context.report` or in the log instead of throwing it',
  },
  hooks: {
    summary: 'it taps only hooks that it declares',
    fix: 'name the hook in `hooks` of the definition',
  },
  per_watcher: {
    summary: 'options of one watcher are asked for if, and only if, it says `per_watcher`',
    fix: 'take options by `configFor(watcher)` where per_watcher is true, by `config` otherwise',
  },
  blocking: {
    summary: 'it never holds up the daemon for long',
    fix: 'use asynchronous calls, split long work with `clock.setImmediate`, or run it with `isolation: worker`',
  },
  leaks: {
    summary: 'nothing of it is left after it was closed',
    fix: 'take timers from `context.clock`, and add the end of everything else to `context.scope`',
  },
  reconfigure: {
    summary: 'it can be set up again and again with other options',
    fix: 'keep state inside of `setup`, and let `scope` undo what is outside: each setup comes after the end of the one before',
  },
  disposal: {
    summary: 'it can be closed while its setup, each of its hooks and its timers are under way',
    fix: 'after each await look at `signal.aborted`, or hand `signal` on; what is added to `scope` after its end is undone at once',
  },
} as const;
export type CheckName = keyof typeof CHECKS;

export function checked(name: CheckName, problems: readonly string[]): ConformanceCheck {
  return { name, ...CHECKS[name], ok: problems.length === 0, problems: [...new Set(problems)] };
}
