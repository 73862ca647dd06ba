import { expect } from 'chai';
import { parseArguments } from '../../../core/cli/arguments.js';

const OPTIONS = [
  { name: 'json', summary: '' },
  { name: 'help', summary: '' },
  { name: 'timeout', value: 'SECONDS', summary: '' },
  { name: 'log-level', value: 'LEVEL', choices: ['info', 'debug'], summary: '' },
];

describe('parseArguments', () => {
  const understood: readonly [string, string, object, readonly string[]][] = [
    ['options before and after arguments', 'list --json web --timeout 3', { json: true, timeout: '3' }, ['list', 'web']],
    ['a value behind an equals sign', '--timeout=0.5 --log-level=debug', { timeout: '0.5', 'log-level': 'debug' }, []],
    ['negative numbers as arguments', 'set web max_retry -1', {}, ['set', 'web', 'max_retry', '-1']],
    ['negative numbers as values', '--timeout -1', { timeout: '-1' }, []],
    ['everything behind -- as arguments', 'add x -- sleep --json', {}, ['add', 'x', 'sleep', '--json']],
    ['-h as --help', '-h', { help: true }, []],
    ['a lone dash as an argument', '-', {}, ['-']],
  ];
  for (const [what, line, values, positionals] of understood) {
    it(`understands ${what}`, () => {
      expect(parseArguments(line.split(' '), OPTIONS)).to.deep.equal({ values, positionals, problems: [] });
    });
  }

  const refused: readonly [string, string][] = [
    ['--jsn', 'unrecognized arguments: --jsn (did you mean --json?)'],
    ['-x', 'unrecognized arguments: -x'],
    ['--json=yes', 'argument --json: takes no value, got yes'],
    ['--timeout', 'argument --timeout: a value is wanted'],
    ['--timeout --json', 'argument --timeout: a value is wanted'],
    ['--log-level loud', 'argument --log-level: invalid choice: loud (choose from info, debug)'],
  ];
  for (const [line, problem] of refused) {
    it(`refuses ${line} and says what would be right`, () => {
      expect(parseArguments(line.split(' '), OPTIONS).problems).to.deep.equal([problem]);
    });
  }
});
