import { expect } from 'chai';
import { type ConfigInput, checkConfigSync } from '../../core/config/index.js';
import type { SocketOptions } from '../../core/index.js';
import { isSameSocket, listenSpec, numberSockets } from '../../core/socket-plan.js';

function options(input: NonNullable<ConfigInput['sockets']>[string]): SocketOptions {
  const socket = checkConfigSync({ sockets: { s: input } }, new Map()).config?.sockets.s;
  if (socket === undefined) throw new Error('the config of this test is wrong');
  return socket;
}

describe('what becomes of a socket that differs', () => {
  const cases: readonly [object, object, boolean][] = [
    [{}, { backlog: 5, replace: true, blocking: true }, true],
    [{ path: '/run/s' }, { path: '/run/s', umask: 7 }, true],
    [{ path: '/run/s' }, { path: '/run/s', host: 'other', port: 1, family: 'AF_INET6', so_reuseport: true }, true],
    [{ path: '/run/s' }, { path: '/run/t' }, false],
    [{}, { port: 1 }, false],
    [{}, { host: '127.0.0.1' }, false],
    [{}, { family: 'AF_INET6' }, false],
    [{}, { type: 'SOCK_DGRAM' }, false],
    [{}, { interface: 'lo' }, false],
    [{}, { proto: 'tcp' }, false],
    [{}, { so_reuseport: true }, false],
    [{ so_reuseport: true }, { so_reuseport: true, backlog: 5 }, false],
    [{ so_reuseport: true }, { so_reuseport: true, replace: true }, true],
  ];
  for (const [before, after, same] of cases) {
    it(`${same ? 'keeps' : 'replaces'} ${JSON.stringify(before)} that is to be ${JSON.stringify(after)}`, () => {
      expect(isSameSocket(listenSpec(options(before)), listenSpec(options(after)))).to.equal(same);
    });
  }

  it('keeps its number, and gives one that is new the smallest that is free', () => {
    const had = new Map([
      ['a', 3],
      ['b', 4],
      ['c', 5],
    ]);
    expect([...numberSockets(['new', 'c', 'a', 'more'], had)]).to.deep.equal([
      ['new', 4],
      ['c', 5],
      ['a', 3],
      ['more', 6],
    ]);
  });
});
