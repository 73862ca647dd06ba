import { expect } from 'chai';
import fc from 'fast-check';
import { type CommandVariables, commandLine, isSameForAll } from '../../core/command-line.js';
import { checkWatcher } from '../../core/config/index.js';
import { isRingmasterError } from '../../core/index.js';
import { quoteWord, splitWords } from '../../core/shell-words.js';

const variables: CommandVariables = {
  wid: 3,
  sockets: { web: 9, 'Other-one': 10 },
  env: { SHARED: 'shared' },
  daemonEnv: { PATH: '/bin', ONLY: 'daemon', GONE: undefined },
  cwd: '/here',
};
const line = (options: Record<string, unknown>) => commandLine(checkWatcher('w', { cmd: 'run', ...options }).spec, variables);

describe('command line', () => {
  const splits: [string, readonly string[]][] = [
    ['', []],
    [' \t a  b\n', ['a', 'b']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ["a 'b  c'd", ['a', 'b  cd']],
    ['a "" \'\'', ['a', '', '']],
    ['a\\ b \\"', ['a b', '"']],
    ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
    ["'a\\b'", ['a\\b']],
    ['a # b', ['a', '#', 'b']],
    ['a;b|c', ['a;b|c']],
  ];
  for (const [text, words] of splits) {
    it(`splits ${JSON.stringify(text)} as a shell does`, () => expect(splitWords(text)).to.deep.equal({ words }));
  }

  it('says which quote stays open, and that nothing follows a last backslash', () => {
    expect(splitWords('a "b')).to.deep.equal({ error: 'a " is not closed' });
    expect(splitWords("a 'b")).to.deep.equal({ error: "a ' is not closed" });
    expect(splitWords('a \\')).to.deep.equal({ error: 'nothing follows the last backslash' });
  });

  it('splits what it has quoted into the same words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        expect(splitWords(words.map(quoteWord).join(' '))).to.deep.equal({ words });
      }),
      { numRuns: 50 },
    );
  });

  const commands: [Record<string, unknown>, readonly string[]][] = [
    [{ cmd: 'run $(circus.wid) $(wid) ((circus.WID)) $(CIRCUS.wid)' }, ['run', '3', '3', '3', '3']],
    [{ cmd: 'run', args: '--id $WID "$WIDTH x"' }, ['run', '--id', '3', '$WIDTH x']],
    [{ cmd: 'run', args: ['a b', '$(circus.wid)'] }, ['run', 'a b', '3']],
    [{ cmd: 'run --fd $(circus.sockets.WEB) $(sockets.other-one)' }, ['run', '--fd', '9', '10']],
    [{ cmd: 'run $(circus.env.mine) $(env.only)', env: { MINE: 'my own' } }, ['run', 'my', 'own', 'daemon']],
    [{ cmd: 'run $(circus.numprocesses) $(circus.shell)', numprocesses: 4 }, ['run', '4', 'False']],
    [{ cmd: 'run $(circus.rlimits.nofile)', rlimit_nofile: 5 }, ['run', '5']],
    [{ cmd: 'run $(circus.working_dir)' }, ['run', '/here']],
    [{ cmd: 'run $(circus.colour)', options: { colour: 'blue' } }, ['run', 'blue']],
    [{ cmd: 'run $(circus.nothing) $(date)' }, ['run', '$(circus.nothing)', '$(date)']],
  ];
  for (const [options, argv] of commands) {
    it(`makes ${JSON.stringify(options)} the words ${JSON.stringify(argv)}`, () => expect(line(options).argv).to.deep.equal(argv));
  }

  it('gives the shell one text in which operators are literal, and then shell_args', () => {
    expect(line({ cmd: "echo 'a b' ; date", shell: true, shell_args: 'zero "o ne"' })).to.include({ file: '/bin/sh' });
    expect(line({ cmd: "echo 'a b' ; date", shell: true, shell_args: 'zero "o ne"' }).argv).to.deep.equal([
      '/bin/sh',
      '-c',
      "echo 'a b' ';' date",
      'zero',
      'o ne',
    ]);
  });

  it('executes `executable`, with the first word of cmd as its name', () => {
    expect(line({ cmd: 'shown --flag', executable: '/bin/real' })).to.deep.include({ file: '/bin/real', argv: ['shown', '--flag'] });
  });

  const alike: [Record<string, unknown>, boolean][] = [
    [{ cmd: 'run --fast', args: ['a', '-b'], working_dir: '/srv', executable: '/bin/run' }, true],
    [{ args: ['$WID'] }, false],
    [{ cmd: 'run $(circus.wid)' }, false],
    [{ working_dir: '/srv/((circus.wid))' }, false],
    [{ executable: '/bin/run$WID' }, false],
    [{ shell: true, shell_args: '$(circus.sockets.web)' }, false],
  ];
  for (const [options, is] of alike) {
    it(`${JSON.stringify(options)} is ${is ? '' : 'not '}the same command for all processes`, () =>
      expect(isSameForAll(checkWatcher('w', { cmd: 'run', ...options }).spec)).to.equal(is));
  }

  it('gives a process only env, over that of the config', () => {
    expect(line({ env: { A: '1', SHARED: 'mine' } }).env).to.deep.equal({ SHARED: 'mine', A: '1' });
  });

  it("starts from the daemon's environment with copy_env", () => {
    expect(line({ copy_env: true, env: { ONLY: 'mine' } }).env).to.deep.equal({ PATH: '/bin', ONLY: 'mine', SHARED: 'shared' });
  });

  it('starts in working_dir, and where there is none in the given folder', () => {
    expect(line({}).cwd).to.equal('/here');
    expect(line({ working_dir: '/srv/$(wid)' }).cwd).to.equal('/srv/3');
  });

  it('refuses a quote that a variable opens and nothing closes', () => {
    let thrown: unknown;
    try {
      line({ cmd: 'run $(circus.env.x)', env: { x: '"' } });
    } catch (error) {
      thrown = error;
    }
    expect(isRingmasterError(thrown, 'RM_COMMAND_INVALID') && thrown.message).to.equal(
      'cannot split the command line "run \\"": a " is not closed',
    );
  });
});
