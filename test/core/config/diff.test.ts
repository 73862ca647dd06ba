import { expect } from 'chai';
import { changedDaemonOptions, changedOptions, diffNames, isSame, usesSocket, valueChanges } from '../../../core/config/diff.js';
import { type ConfigInput, checkConfigSync } from '../../../core/config/index.js';
import type { Config } from '../../../core/index.js';

function config(input: ConfigInput): Config {
  const checked = checkConfigSync(input, new Map()).config;
  if (checked === null) throw new Error('the config of this test is wrong');
  return checked;
}

const web = { cmd: 'run' };

describe('config diff', () => {
  const options: [string, ConfigInput, ConfigInput, string[]][] = [
    [
      'nothing where only the order of keys differs',
      { env: { A: '1', B: '2' }, watchers: { web } },
      { watchers: { web }, env: { B: '2', A: '1' } },
      [],
    ],
    [
      'options in the order of the schema',
      { watchers: { web } },
      { watchers: { web: { priority: 2, cmd: 'other' } } },
      ['cmd', 'priority'],
    ],
    ["the config's environment, in each watcher", { watchers: { web } }, { env: { A: '1' }, watchers: { web } }, ['env']],
    ['lists by their items', { watchers: { web: { ...web, args: ['a'] } } }, { watchers: { web: { ...web, args: ['a'] } } }, []],
    ['an item more', { watchers: { web: { ...web, args: ['a'] } } }, { watchers: { web: { ...web, args: ['a', 'b'] } } }, ['args']],
  ];
  for (const [what, before, after, expected] of options) {
    it(`finds ${what}`, () => {
      const [old, now] = [config(before).watchers.web, config(after).watchers.web];
      expect(old && now && changedOptions(old, now)).to.deep.equal(expected);
    });
  }

  it("finds the daemon's own options, in the order of the schema", () => {
    const after = config({ check_delay: 2, endpoint: 'ipc://x' });
    expect(changedDaemonOptions(config({ check_delay: 1 }), after)).to.deep.equal(['endpoint', 'check_delay']);
  });

  it('finds what comes, goes and differs between two maps, and with which values', () => {
    const [before, after] = [
      { a: { x: 1 }, b: {}, same: [1, { y: 2 }] },
      { a: { x: 2 }, c: {}, same: [1, { y: 2 }] },
    ];
    expect(diffNames(before, after)).to.deep.equal({ added: ['c'], removed: ['b'], changed: ['a'] });
    expect(valueChanges(before, after)).to.deep.equal([
      { option: 'b', from: {}, to: null },
      { option: 'a', from: { x: 1 }, to: { x: 2 } },
      { option: 'c', from: null, to: {} },
    ]);
  });

  const pairs: [unknown, unknown, boolean][] = [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: undefined }, {}, false],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [null, {}, false],
    ['1', 1, false],
    [Number.NaN, Number.NaN, true],
  ];
  for (const [a, b, same] of pairs) {
    it(`takes ${JSON.stringify(a)} and ${JSON.stringify(b)} for ${same ? 'the same' : 'different'}`, () => {
      expect(isSame(a, b)).to.equal(same);
    });
  }

  const users: [Record<string, unknown>, boolean][] = [
    [{ cmd: 'x $(sockets.web)' }, true],
    [{ cmd: 'x ((circus.sockets.Web))' }, true],
    [{ cmd: 'x', args: ['$(circus.sockets.web)'] }, true],
    [{ cmd: 'x', stdin_socket: 'WEB' }, true],
    [{ cmd: 'x $(sockets.web2)' }, false],
    [{ cmd: 'x sockets.web' }, false],
  ];
  for (const [watcher, expected] of users) {
    it(`takes ${JSON.stringify(watcher)} ${expected ? 'for a user' : 'for no user'} of a socket`, () => {
      const { watchers } = config({ sockets: { web: {}, web2: {} }, watchers: { w: watcher as { cmd: string } } });
      expect(watchers.w !== undefined && usesSocket(watchers.w, 'web')).to.equal(expected);
    });
  }
});
