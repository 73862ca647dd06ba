import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { RingmasterError } from '../../../core/errors.js';
import { Scope } from '../../../core/scope.js';
import { LeakCheck } from '../../../core/testing/leaks.js';
import { eventually, type LogLine, recordEvents, recordingLogger, rejects } from '../../../core/testing.js';
import { endKits, entry, kit } from '../plugin/kit.js';

/** The message that `promise` is rejected with. */
async function message(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing went wrong',
    (error: Error) => error.message,
  );
}

describe('helpers of the kit', () => {
  afterEach(endKits);

  it('eventually resolves with what the predicate returned', async () => {
    let tries = 0;
    expect(await eventually(() => (++tries === 3 ? 'there' : undefined))).to.equal('there');
  });

  it('eventually tries again after an expectation that failed', async () => {
    let tries = 0;
    await eventually(() => {
      expect(++tries).to.equal(2);
      return true;
    });
    expect(tries).to.equal(2);
  });

  it('eventually says what it waited for and how the last try went', async () => {
    const wait = { deadline_ms: 20, what: 'a unicorn' };
    expect(await message(eventually(() => null, wait))).to.equal('waited 20 ms for a unicorn, the last try: null');
    const throwing = eventually(() => Promise.reject(new Error('no horn')), wait);
    expect(await message(throwing)).to.equal('waited 20 ms for a unicorn, the last try: no horn');
  });

  it('rejects gives the error with the code that was expected', async () => {
    const error = new RingmasterError('RM_CLOSED', ['the door']);
    expect(await rejects(Promise.reject(error), 'RM_CLOSED')).to.equal(error);
  });

  it('rejects throws for a promise that resolves or is rejected with something else', async () => {
    const resolved = rejects(Promise.resolve(7), 'RM_CLOSED');
    expect(await message(resolved)).to.equal('resolved with 7 instead of being rejected with RM_CLOSED');
    const other = rejects(Promise.reject(new Error('boom')), 'RM_CLOSED');
    expect(await message(other)).to.equal('rejected with boom instead of RM_CLOSED');
  });

  it('a recording logger keeps lines with the fields of its parents', () => {
    const lines: LogLine[] = [];
    const log = recordingLogger(lines, { a: 1 }).child({ b: 2 });
    log.warn('careful', { c: 3 });
    log.debug('x', { a: 9 });
    expect(lines).to.deep.equal([
      { level: 'warn', message: 'careful', fields: { a: 1, b: 2, c: 3 } },
      { level: 'debug', message: 'x', fields: { a: 9, b: 2 } },
    ]);
  });

  it('recordEvents keeps events, for all watchers or by name', async () => {
    const { container, hooks } = kit();
    const recorder = recordEvents();
    await container.load([entry(recorder.plugin)]);
    hooks.watch('event', { watcher: 'web', name: 'start', body: { time: 1 } });
    hooks.watch('event', { watcher: 'db', name: 'stop', body: { time: 2 } });
    expect(recorder.names()).to.deep.equal(['web.start', 'db.stop']);
    expect(recorder.names('db')).to.deep.equal(['stop']);
    expect(recorder.events[0]).to.deep.equal({ watcher: 'web', name: 'start', body: { time: 1 } });
  });

  describe('leak check', () => {
    /** mocha times a test from its first await on. */
    const begun = (): Promise<void> => Promise.resolve();

    it('names a scope that was not disposed of, and what it owns', async () => {
      await begun();
      const check = new LeakCheck();
      check.begin();
      const scope = new Scope('forgotten');
      scope.add('socket', () => {});
      check.end();
      expect(() => check.assertNone()).to.throw(/^scope forgotten owns socket; Error: scope forgotten was made\n/);
      await scope.dispose();
      expect(check.assertNone()).to.equal(true);
    });

    it('names the type of handle that there are more of', async () => {
      await begun();
      const check = new LeakCheck();
      check.begin();
      const abort = new AbortController();
      const timer = sleep(60_000, undefined, { signal: abort.signal });
      check.end();
      expect(() => check.assertNone()).to.throw('more of Timeout than before');
      abort.abort();
      expect(await message(timer)).to.equal('The operation was aborted');
      expect(check.assertNone()).to.equal(true);
    });

    it('does not look at scopes made before or after', async () => {
      await begun();
      const before = new Scope('before');
      const check = new LeakCheck();
      check.begin();
      check.end();
      const after = new Scope('after');
      expect(check.assertNone()).to.equal(true);
      await Promise.all([before.dispose(), after.dispose()]);
    });
  });
});
