import { expect } from 'chai';
import { closest, distance } from '../../../core/config/did-you-mean.js';
import { fnmatch } from '../../../core/config/fnmatch.js';
import { glob } from '../../../core/config/glob.js';
import { ourWord } from '../../../core/config/other-words.js';
import { parseQuantity } from '../../../core/config/quantity.js';
import { daemonProperties } from '../../../core/config/schema/daemon.js';
import { watcherSchema } from '../../../core/config/schema/watcher.js';
import { schemaWords } from '../../../core/config/schema-words.js';
import { shellHabit } from '../../../core/config/shell-habits.js';
import type { JsonSchema } from '../../../core/index.js';
import { withFiles } from './helpers.js';

describe('did you mean', () => {
  const distances: [string, string, number][] = [
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'ab', 1],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, expected] of distances) {
    it(`counts ${expected} edits from "${a}" to "${b}"`, () =>
      expect([distance(a, b), distance(b, a)]).to.deep.equal([expected, expected]));
  }

  it('suggests the nearest, and nothing where none is near', () => {
    expect(closest('numproceses', ['priority', 'numprocesses'])).to.equal('numprocesses');
    expect(closest('STOP-SIGNAL', ['stop_signal'])).to.equal('stop_signal');
    expect(closest('colour', ['priority', 'numprocesses'])).to.equal(undefined);
  });

  it('does not look for what nobody has typed, which would take for ever', function () {
    this.timeout(5000);
    const long = 'x'.repeat(200_000);
    expect(closest(`${long}y`, [long])).to.equal(undefined);
    expect(closest('numproceses', [long, 'numprocesses'])).to.equal('numprocesses');
  });
});

describe('file name patterns', () => {
  const patterns: [string, string, boolean][] = [
    ['web', 'web', true],
    ['web', 'WEB', false],
    ['w*', 'web', true],
    ['*', 'a/b', true],
    ['w?b', 'web', true],
    ['w?b', 'wb', false],
    ['w[a-e]b', 'web', true],
    ['w[!a-e]b', 'web', false],
    ['w[!a-e]b', 'wxb', true],
    ['[]]', ']', true],
    ['[^a]', '^', true],
    ['a[b', 'a[b', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
  ];
  for (const [pattern, name, expected] of patterns) {
    it(`${expected ? 'matches' : 'does not match'} ${name} with ${pattern}`, () => expect(fnmatch(name, pattern)).to.equal(expected));
  }

  it('finds files by patterns in any part of the path, sorted, without hidden ones', async () => {
    const files = { 'b/x.ini': '', 'a/x.ini': '', 'a/.x.ini': '', 'a/x.txt': '', 'x.ini': '' };
    await withFiles(files, async (folder) => {
      const found = async (pattern: string): Promise<string[]> =>
        (await glob(`${folder}/${pattern}`)).map((path) => path.slice(folder.length + 1));
      expect(await found('*/*.ini')).to.deep.equal(['a/x.ini', 'b/x.ini']);
      expect(await found('a/.*')).to.deep.equal(['a/.x.ini']);
      expect(await found('a/../x.ini')).to.deep.equal(['x.ini']);
      expect(await found('none/*.ini')).to.deep.equal([]);
      expect(await found('none.ini')).to.deep.equal([]);
    });
  });
});

describe('quantities', () => {
  const quantities: [JsonSchema['quantity'] & string, string | number, number | null | undefined][] = [
    ['duration', '250ms', 0.25],
    ['duration', '30s', 30],
    ['duration', '1.5h', 5400],
    ['duration', '5M', 300],
    ['duration', ' 2 d ', 172800],
    ['duration', '-1', -1],
    ['duration', 7, 7],
    ['duration', '5 weeks', undefined],
    ['duration', '', undefined],
    ['size', '200M', 200 * 2 ** 20],
    ['size', '1G', 2 ** 30],
    ['size', '10KiB', 10240],
    ['size', '1.5kb', 1536],
    ['size', '5B', 5],
    ['size', '5', 5],
    ['size', 'infinity', null],
    ['size', '', null],
    ['size', -1, null],
    ['size', '5 apples', undefined],
    ['signal', 'term', 15],
    ['signal', 'SIGRTMIN+1', 35],
    ['signal', '9', 9],
    ['signal', 99, undefined],
    ['signal', 'NOPE', undefined],
    ['octal', '022', 0o22],
    ['octal', '0o755', 0o755],
    ['octal', '', null],
    ['octal', '8', undefined],
    ['octal', 18, 18],
  ];
  for (const [quantity, found, expected] of quantities) {
    it(`reads ${JSON.stringify(found)} as the ${quantity} ${expected}`, () =>
      expect(parseQuantity(quantity, found, true)).to.equal(expected));
  }

  it('knows no limit only where null is allowed', () => {
    expect([parseQuantity('size', 'infinity', false), parseQuantity('size', -1, false), parseQuantity('octal', '', false)]).to.deep.equal([
      undefined,
      -1,
      undefined,
    ]);
  });
});

describe('schemas in words', () => {
  const words: [JsonSchema, string][] = [
    [{ type: 'integer', minimum: 0, maximum: 9 }, 'an integer, at least 0, at most 9'],
    [{ type: 'number', exclusiveMinimum: 0 }, 'a number, greater than 0'],
    [{ type: ['string', 'null'] }, 'text or null'],
    [{ type: 'string', minLength: 2, maxLength: 5, pattern: '^a' }, 'text, at least 2 characters, at most 5 characters, that matches ^a'],
    [{ type: 'array', items: { type: 'string' }, minItems: 1 }, 'a list, each text, at least 1 long'],
    [{ type: 'object', minProperties: 1 }, 'an object, with at least 1 keys'],
    [{ enum: ['a', 1, null] }, 'one of a, 1, null'],
    [{ const: 'x' }, '"x"'],
    [{ anyOf: [{ type: 'boolean' }, { type: 'object' }] }, 'true or false or an object'],
    [{}, 'any value'],
  ];
  for (const [schema, expected] of words) it(`says "${expected}"`, () => expect(schemaWords(schema)).to.equal(expected));
});

describe('words of other supervisors', () => {
  const options = Object.keys(watcherSchema.properties);

  it('are understood whatever their case and dashes', () => {
    expect(['Command', 'WorkingDirectory', 'stop-signal', 'user'].map((word) => ourWord(word, options))).to.deep.equal([
      'cmd',
      'working_dir',
      undefined,
      'uid',
    ]);
    expect(ourWord('kill-signal', options)).to.equal('stop_signal');
  });

  it('stand for nothing where there is no such option', () => {
    expect(ourWord('user', Object.keys(daemonProperties))).to.equal(undefined);
  });
});

describe('habits of the shell', () => {
  const HABITS: readonly (readonly [cmd: string, message: string | null, fix?: string])[] = [
    ['node server.js --port 80$(wid) a=b', null],
    ["sh -c 'cd /srv && exec node x.js > $HOME/log 2>&1'", null],
    ['sh -c "sleep 1; date | cat"', null],
    ['grep "<" a \\> b', null],
    ['run --name $WID', null],
    ['cd /srv && node x.js', 'begins with cd, which only a shell understands', 'say working_dir instead'],
    ['PORT=80 node x.js', 'begins with PORT=, which only a shell understands', 'put PORT under env'],
    ['node x.js > out.log', 'has > in it, which only a shell understands', 'say by stdout and stderr where output goes'],
    ['node x.js 2>&1', 'has 2>&1 in it, which only a shell understands', 'say by stdout and stderr where output goes'],
    ['node x.js &', 'has & in it, which only a shell understands', 'leave it out: what runs in the background is not supervised'],
    ['a; b', 'has ; in it, which only a shell understands', 'write sh -c "…"'],
    ['a | b', 'has | in it, which only a shell understands', 'write sh -c "…"'],
    ['run $HOME/x', 'has $HOME in it, which the program gets as it is written', 'write $(env.HOME)'],
  ];
  for (const [cmd, message, fix] of HABITS) {
    it(`${message === null ? 'are not seen in' : 'are told of in'} ${cmd}`, () => {
      expect(shellHabit(cmd)).to.deep.equal(message === null ? null : { message, fix });
    });
  }
});
