import { expect } from 'chai';
import { checkWatcher, checkWatcherChange } from '../../../core/config/index.js';
import { isRingmasterError, type WatcherOptions } from '../../../core/index.js';

function refusal(run: () => unknown): { message: string; context: Readonly<Record<string, unknown>> } | null {
  try {
    run();
  } catch (thrown) {
    if (isRingmasterError(thrown, 'RM_OPTION_INVALID')) return { message: thrown.message, context: thrown.context };
    throw thrown;
  }
  return null;
}

const spec = (options: Record<string, unknown> = {}): WatcherOptions => checkWatcher('web', { cmd: 'run', ...options }).spec;

/** What both `add` and `set` say, in Circus's words. */
const refused: [string, unknown, string][] = [
  ['numproceses', 1, "unknown key 'numproceses'"],
  ['numprocesses', '3', "'numprocesses' isn't an integer"],
  ['numprocesses', true, "'numprocesses' isn't an integer"],
  ['max_retry', 'x', "'max_retry' isn't an integer"],
  ['max_age', 'x', "'max_age' isn't an integer"],
  ['stop_signal', 'NOPE', "'stop_signal' isn't an integer"],
  ['warmup_delay', 'x', "'warmup_delay' isn't a number"],
  ['graceful_timeout', null, "'graceful_timeout' isn't a number"],
  [
    'graceful_timeout',
    -1,
    '\'graceful_timeout\' must be a number of seconds or text such as "250ms", "30s", "5m", "1.5h", at least 0, got -1',
  ],
  ['uid', true, "'uid' isn't an integer or string"],
  ['gid', [], "'gid' isn't an integer or string"],
  ['send_hup', 1, "'send_hup' isn't a valid boolean"],
  ['copy_env', 'yes', "'copy_env' isn't a valid boolean"],
  ['env', 'A=1', "'env' isn't a valid object"],
  ['env', { A: 1 }, "'A' isn't a string"],
  ['hooks', 'x', "'x' isn't a valid hook dict"],
  ['hooks', { befor_start: 'x' }, "Unknown hook 'befor_start'"],
  ['hooks.befor_start', './a.mjs#f', "Unknown hook 'befor_start'"],
  ['stdout_stream', 5, "'stdout_stream' isn't a valid object"],
  ['stdout_stream', { filename: 'x' }, "'stdout_stream' must have a 'class' key"],
  ['rlimit_nothing', 5, "'rlimit_nothing' isn't a valid rlimit setting"],
  ['rlimit_nofile', 'x', "'x' rlimit value isn't a valid int"],
  ['cmd', '', '\'cmd\' must be text, not empty, got ""'],
  ['cmd', 'run "', '\'cmd\' can’t be split into words: a " is not closed, got "run \\""'],
  [
    'hooks.before_start',
    'tests.f',
    "'hooks.before_start' names a Python function, which can’t be called here; write the function in JavaScript and name it ./checks.mjs#name",
  ],
];

describe('watcher options at run time', () => {
  for (const [key, value, message] of refused) {
    it(`refuses ${key} = ${JSON.stringify(value)}, in add and in set`, () => {
      expect(refusal(() => checkWatcher('web', { cmd: 'run', [key]: value }))?.message).to.equal(message);
      expect(refusal(() => checkWatcherChange(spec(), { [key]: value }))?.message).to.equal(message);
    });
  }

  it('names all problems in one line, and what an unknown key was probably meant to be', () => {
    expect(refusal(() => checkWatcher(' ', { numproceses: 1, send_hup: 'no' }))).to.deep.equal({
      message: "' ' can't be the name of a watcher; unknown key 'numproceses'; 'send_hup' isn't a valid boolean",
      context: {},
    });
    expect(refusal(() => checkWatcher('web', { numproceses: 1 }))?.context).to.deep.equal({ did_you_mean: 'numprocesses' });
  });

  it('refuses a watcher without a command, and a singleton with two processes', () => {
    expect(refusal(() => checkWatcher('web', {}))?.message).to.equal("'cmd' is missing; it must be text, not empty");
    expect(refusal(() => spec({ singleton: true, numprocesses: 2 }))?.message).to.equal(
      "'numprocesses' must be 0 or 1 for a singleton, got 2",
    );
  });

  it('fills in defaults, and takes hooks and streams one by one as well', () => {
    const added = spec({
      args: ['a'],
      rlimit_nofile: 500,
      rlimit_core: -1,
      hooks: { before_start: ['./a.mjs#f', true], after_stop: ['./a.mjs#g', false] },
      'hooks.before_stop': './a.mjs#h',
      'stdout_stream.class': 'FileStream',
      'stdout_stream.filename': 'x.log',
      env: { A: '$B' },
    });
    expect(added).to.deep.include({
      numprocesses: 1,
      rlimit_nofile: 500,
      rlimit_core: null,
      hooks: { before_start: './a.mjs#f,true', after_stop: './a.mjs#g', before_stop: './a.mjs#h' },
      stdout_stream: { class: 'FileStream', filename: 'x.log' },
      env: { A: '$B' },
    });
  });

  const changes: [string, Record<string, unknown>, Partial<WatcherOptions>, { restart: boolean; live: string[] }][] = [
    ['the number of processes', { numprocesses: 4 }, { numprocesses: 4 }, { restart: false, live: ['numprocesses'] }],
    ['a negative number of processes, as none', { numprocesses: -3 }, { numprocesses: 0 }, { restart: false, live: ['numprocesses'] }],
    ['the command', { cmd: 'other' }, { cmd: 'other' }, { restart: true, live: [] }],
    [
      'both kinds',
      { env: { A: '1' }, graceful_timeout: '1m' },
      { env: { A: '1' }, graceful_timeout: 60 },
      { restart: true, live: ['graceful_timeout'] },
    ],
    ['a signal by name', { stop_signal: 'SIGINT' }, { stop_signal: 2 }, { restart: false, live: ['stop_signal'] }],
    ['to what is there already', { cmd: 'run', numprocesses: 1 }, {}, { restart: false, live: [] }],
    ['a freeform option that is there', { colour: 5 }, { options: { colour: '5' } }, { restart: false, live: ['options'] }],
    [
      'one hook beside the others',
      { 'hooks.after_stop': './a.mjs#g' },
      { hooks: { before_start: './a.mjs#f', after_stop: './a.mjs#g' } },
      { restart: false, live: ['hooks'] },
    ],
    [
      'hooks beside the others',
      { hooks: { after_stop: './a.mjs#g' } },
      { hooks: { before_start: './a.mjs#f', after_stop: './a.mjs#g' } },
      { restart: false, live: ['hooks'] },
    ],
  ];
  for (const [what, given, expected, effect] of changes) {
    it(`sets ${what}`, () => {
      const before = spec({ options: { colour: 'red' }, hooks: { before_start: './a.mjs#f' } });
      const copy = structuredClone(before);
      const { spec: after, warnings, ...rest } = checkWatcherChange(before, given);
      expect(warnings).to.deep.equal([]);
      expect(after).to.deep.equal({ ...before, ...expected });
      expect(rest).to.deep.equal(effect);
      expect(before).to.deep.equal(copy);
    });
  }

  it('tells what of the options has no effect, and of a change only what it concerns', () => {
    const copyPath = /^copy_path asks for sys\.path .*; set PYTHONPATH in env$/;
    const [added, ...more] = checkWatcher('web', { cmd: 'run', copy_path: true }).warnings;
    expect(added).to.match(copyPath);
    expect(more).to.deep.equal([]);
    const before = spec({ copy_path: true });
    expect(checkWatcherChange(before, { numprocesses: 2 }).warnings).to.deep.equal([]);
    expect(checkWatcherChange(before, { copy_path: true }).warnings).to.deep.equal([added]);
    expect(checkWatcherChange(spec(), { args: ['$WID'] }).warnings).to.deep.equal([
      'args[0] uses $WID, which is deprecated; write $(circus.wid)',
    ]);
    expect(checkWatcherChange(spec({ shell: true, shell_args: 'x' }), { shell: false }).warnings).to.have.length(1);
    expect(checkWatcherChange(spec(), { 'stdout_stream.class': 'StdoutStream', 'stdout_stream.colour': 'red' }).warnings).to.have.length(1);
  });

  const unfit: readonly [string, Record<string, unknown>, RegExp][] = [
    ['a zero byte in the command', { cmd: 'run\0x' }, /^'cmd' has a zero byte/],
    ['a zero byte in an argument', { args: ['a', 'b\0'] }, /^'args\[1\]' has a zero byte/],
    ['a zero byte in the environment', { env: { A: '\0' } }, /^'env\.A' has a zero byte/],
    ['a variable with = in its name', { env: { 'A=B': 'c' } }, /has a name that no variable can have, got "A=B"/],
    ['a niceness that there is not', { nice: 40 }, /at most 19/],
    ['a umask that is none', { umask: '9' }, /octal text such as "022" or null, at least 0, at most 0777/],
  ];
  for (const [what, options, message] of unfit) {
    it(`refuses ${what}`, () => {
      expect(refusal(() => checkWatcher('web', { cmd: 'run', ...options }))?.message).to.match(message);
      expect(refusal(() => checkWatcherChange(spec(), options))?.message).to.match(message);
    });
  }

  it('keeps a singleton at one process', () => {
    expect(refusal(() => checkWatcherChange(spec({ singleton: true }), { numprocesses: 2 }))?.message).to.equal(
      'Singleton watcher has a single process',
    );
  });
});
