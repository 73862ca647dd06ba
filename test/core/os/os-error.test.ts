import { constants } from 'node:os';
import { expect } from 'chai';
import { errnoName, errnoOf, OsError, SpawnError } from '../../../core/os/os-error.js';
import { spawnFailure } from '../../../core/os/spawn-failure.js';

const fromNode = (code: string, syscall: string, path?: string): Error =>
  Object.assign(new Error(`${code}: words of Node`), { code, syscall, ...(path === undefined ? {} : { path }) });

describe('errors of the operating system', () => {
  it('have the usual name where a number has two', () => {
    expect(errnoName(constants.errno.EAGAIN)).to.equal('EAGAIN');
    expect(errnoName(constants.errno.ENOENT)).to.equal('ENOENT');
    expect(errnoName(12345)).to.equal('errno 12345');
  });

  it('are EINVAL where they are none of the system', () => {
    for (const code of ['ERR_INVALID_ARG_VALUE', 'RM_USER_UNKNOWN', 'E'])
      expect(errnoOf(Object.assign(new Error(), { code }))).to.equal('EINVAL');
    expect(errnoOf('text')).to.equal('EINVAL');
    expect(errnoOf(new OsError('EADDRINUSE', 'bind', 'x'))).to.equal('EADDRINUSE');
  });
});

describe('what is told of a failed spawn', () => {
  const cases: readonly [string, unknown, string, RegExp][] = [
    ['our own words', new SpawnError('EPERM', 'uid 0: it may not (EPERM)'), 'EPERM', /^uid 0: it may not \(EPERM\)$/],
    ['no words of Node', fromNode('E2BIG', 'spawn'), 'E2BIG', /^web: argument list too long \(E2BIG\)$/],
    [
      'what the errno means here',
      fromNode('EAGAIN', 'spawn web', 'web'),
      'EAGAIN',
      /^web: no more processes may be started, .*\(EAGAIN\)$/,
    ],
    [
      'that the daemon has too many files',
      fromNode('EMFILE', 'open', '/etc/passwd'),
      'EMFILE',
      /^web: the daemon has as many files open .*\(EMFILE\)$/,
    ],
    ['that, whoever noticed it', new OsError('EMFILE', 'pipe2', 'cannot open a pipe'), 'EMFILE', /^web: the daemon has as many/],
    ['which file was wrong', fromNode('EACCES', 'open', '/etc/group'), 'EACCES', /^\/etc\/group: permission denied \(EACCES\)$/],
    ['a cause', new Error('it failed', { cause: new Error('because') }), 'EINVAL', /^it failed: because$/],
  ];
  for (const [what, error, errno, message] of cases) {
    it(`is ${what}`, () => {
      const told = spawnFailure(error, 'web');
      expect(told.errno).to.equal(errno);
      expect(told.message).to.match(message);
    });
  }
});
