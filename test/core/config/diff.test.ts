import { expect } from 'chai';
import { type ConfigInput, checkConfigSync, diffConfigs, usesSocket } from '../../../core/config/index.js';
import type { Config } from '../../../core/index.js';

function config(input: ConfigInput): Config {
  const checked = checkConfigSync(input, new Map()).config;
  if (checked === null) throw new Error('the config of this test is wrong');
  return checked;
}

const NOTHING = {
  watchers: { added: [], removed: [], changed: [] },
  sockets: { added: [], removed: [], changed: [] },
  plugins: { added: [], removed: [], changed: [] },
  daemon: [],
  socket_users: [],
};
const web = { cmd: 'run' };

describe('config diff', () => {
  const changes: [string, ConfigInput, ConfigInput, object][] = [
    [
      'nothing where only the order of keys differs',
      { env: { A: '1', B: '2' }, watchers: { web } },
      { watchers: { web }, env: { B: '2', A: '1' } },
      {},
    ],
    [
      'watchers that come and go',
      { watchers: { a: web, b: web } },
      { watchers: { b: web, c: web } },
      { watchers: { added: ['c'], removed: ['a'], changed: [] } },
    ],
    [
      'only the number of processes',
      { watchers: { web } },
      { watchers: { web: { ...web, numprocesses: 3 } } },
      { watchers: { added: [], removed: [], changed: [{ name: 'web', keys: ['numprocesses'], effect: 'numprocesses' }] } },
    ],
    [
      'what takes effect at once',
      { watchers: { web } },
      { watchers: { web: { ...web, numprocesses: 3, priority: 2 } } },
      { watchers: { added: [], removed: [], changed: [{ name: 'web', keys: ['numprocesses', 'priority'], effect: 'live' }] } },
    ],
    [
      'what needs new processes',
      { watchers: { web } },
      { watchers: { web: { cmd: 'other', priority: 2 } } },
      { watchers: { added: [], removed: [], changed: [{ name: 'web', keys: ['cmd', 'priority'], effect: 'restart' }] } },
    ],
    [
      "the config's environment, in each watcher",
      { watchers: { web } },
      { env: { A: '1' }, watchers: { web } },
      { watchers: { added: [], removed: [], changed: [{ name: 'web', keys: ['env'], effect: 'restart' }] } },
    ],
    ['lists by their items', { watchers: { web: { ...web, args: ['a'] } } }, { watchers: { web: { ...web, args: ['a'] } } }, {}],
    [
      'plugins',
      { plugins: { a: { x: 1 }, b: {} } },
      { plugins: { a: { x: 2 }, c: {} } },
      { plugins: { added: ['c'], removed: ['b'], changed: ['a'] } },
    ],
    ['options of the daemon', { check_delay: 1 }, { check_delay: 2, endpoint: 'ipc://x' }, { daemon: ['endpoint', 'check_delay'] }],
    [
      'sockets, with the watchers that use them',
      { sockets: { s: { port: 1 } }, watchers: { a: { cmd: 'x $(circus.sockets.S)' }, b: web, c: { ...web, use_sockets: true } } },
      { sockets: { s: { port: 2 } }, watchers: { a: { cmd: 'x $(circus.sockets.S)' }, b: web, c: { ...web, use_sockets: true } } },
      { sockets: { added: [], removed: [], changed: ['s'] }, socket_users: ['a', 'c'] },
    ],
  ];
  for (const [what, before, after, expected] of changes) {
    it(`finds ${what}`, () => expect(diffConfigs(config(before), config(after))).to.deep.equal({ ...NOTHING, ...expected }));
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
