import { expect } from 'chai';
import { parseEnvFile } from '../../core/env-file.js';

const CASES: readonly (readonly [title: string, text: string, variables: Record<string, string>])[] = [
  ['plain lines, comments and empty ones', '# c\n\nA=1\n  B = two words \n', { A: '1', B: 'two words' }],
  ['nothing', '', {}],
  ['an empty value, and one that is only a comment', 'A=\nB= # none\nC=1', { A: '', B: '', C: '1' }],
  ['export, Windows line ends and a byte order mark', '\uFEFFexport A=1\r\nB="x"\r\n', { A: '1', B: 'x' }],
  ['a comment after a value, and # inside of one', 'A=x # y\nB=x#y\nC="x # y" # z', { A: 'x', B: 'x#y', C: 'x # y' }],
  ['escapes in double quotes, none in single ones', 'A="a\\n\\"b\\" \\$c"\nB=\'a\\n"b"\'', { A: 'a\n"b" $c', B: 'a\\n"b"' }],
  ['values of several lines', 'A="-----BEGIN\nx=y\n-----END"\nB=1', { A: '-----BEGIN\nx=y\n-----END', B: '1' }],
  ['the last of a name', 'A=1\nA=2', { A: '2' }],
  ['what looks like a variable, as it is', 'A=$HOME\nB="$(x)"', { A: '$HOME', B: '$(x)' }],
  ['= in a value', 'A=b=c', { A: 'b=c' }],
];

describe('files of variables', () => {
  for (const [title, text, variables] of CASES) {
    it(`have ${title}`, () => {
      expect(parseEnvFile(text)).to.deep.equal({ variables });
    });
  }

  for (const [text, line] of [
    ['A=1\nrubbish\n', 2],
    ['A="x\ny', 1],
    ["A=1\n\n\nB='x", 4],
    ['A="x" y', 1],
    ['1A=x', 1],
    ['A="1\n2"\nB', 3],
  ] as const) {
    it(`are refused with the number of the line: ${JSON.stringify(text)}`, () => {
      expect(parseEnvFile(text)).to.include({ line });
    });
  }

  it('never tell of a value in an error', () => {
    expect(JSON.stringify(parseEnvFile('A="hunter2\n')))
      .to.include('"error"')
      .and.not.include('hunter2');
  });
});
