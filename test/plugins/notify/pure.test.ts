import { expect } from 'chai';
import { EVENTS, type SupervisorEvent } from '../../../core/index.js';
import { commandWords, eventNames, isWanted, pauseFor, problemOf, retryDelay, valuesOf } from '../../../plugins/notify/policy.js';
import type { Options } from '../../../plugins/notify/schema.js';
import { fill, fillAll, unknownVariables, VARIABLES } from '../../../plugins/notify/template.js';

const OPTIONS: Options = {
  events: ['gave_up'],
  url: 'https://user:secret@hooks.example/T000/SECRET',
  headers: {},
  body: null,
  command: null,
  timeout: 10,
  attempts: 5,
  retry_in: 1,
  retry_cap: 60,
  max_per_minute: 60,
  max_queue: 100,
};
const REAP: SupervisorEvent = { watcher: 'web', name: 'reap', body: { process_pid: 7, time: 1_700_000_000, exit_code: -9 } };
const v = (name: string): string => `\${${name}}`;

describe('notify templates', () => {
  it('puts values in the place of variables, as often as they occur, and nothing where there is no value', () => {
    const text = `${v('watcher')}/${v(' watcher ')}: ${v('exit_code')}${v('reason')} costs $5 ${'$'}{`;
    expect(fill(text, { watcher: 'web', exit_code: -9 })).to.equal(`web/web: -9 costs $5 ${'$'}{`);
  });

  it('does so in each text of a JSON value, and what it puts in can not break out of it', () => {
    const evil = '", "admin": "yes\n';
    const filled = fillAll({ text: v('error'), list: [v('watcher'), 3, null], deep: { on: true } }, { watcher: 'web', error: evil });
    expect(JSON.parse(JSON.stringify(filled))).to.deep.equal({ text: evil, list: ['web', 3, null], deep: { on: true } });
  });

  it('does not read what it puts in as a template', () => {
    expect(fill(v('error'), { error: v('watcher'), watcher: 'web' })).to.equal(v('watcher'));
  });

  it('finds variables that there are none of, wherever they are', () => {
    const known = VARIABLES.map(v).join(' ');
    expect(unknownVariables([{ a: [v('watchr'), known], b: v('pid') }, v('watchr'), null])).to.deep.equal(['watchr', 'pid']);
  });
});

describe('notify policy', () => {
  it('reads names of events as a list, and as text', () => {
    expect(eventNames(['reap', 'spawn'])).to.deep.equal(['reap', 'spawn']);
    expect(eventNames(' reap, spawn\ngave_up ')).to.deep.equal(['reap', 'spawn', 'gave_up']);
  });

  it('wants the events that are named, or all', () => {
    expect(['reap', 'gave_up', '*', 'spawn, reap'].map((events) => isWanted(REAP, { events }))).to.deep.equal([true, false, true, true]);
  });

  const wrong: readonly [Partial<Options>, RegExp | null][] = [
    [{}, null],
    [{ url: null }, null],
    [{ events: 'gave_up, *' }, null],
    [{ events: 'reap, died' }, /^events has "died", allowed are spawn, .*, \*$/],
    [{ url: 'ftp://hooks.example/SECRET' }, /^url is none/],
    [{ url: 'hooks.example/SECRET' }, /^url is none/],
    [{ command: 'mail "root' }, /^command can't be split into words: a " is not closed/],
    [{ command: '  ' }, /^command can't be split into words: it has none/],
    [{ command: `echo ${v('pid')}` }, /no variable \$\{pid\}, allowed are watcher, event/],
    [{ body: { text: v('nope') } }, /no variable \$\{nope\}/],
  ];
  for (const [options, expected] of wrong) {
    it(`finds ${expected === null ? 'nothing' : 'what is'} wrong with ${JSON.stringify(options)}, and tells no secret`, () => {
      const problem = problemOf({ ...OPTIONS, ...options });
      if (expected === null) expect(problem).to.equal(null);
      else expect(problem).to.match(expected).and.not.to.include('SECRET');
    });
  }

  it('knows the words of a command', () => {
    expect(commandWords({ command: `logger -t "the ringmaster" ${v('watcher')}` })).to.deep.equal({
      words: ['logger', '-t', 'the ringmaster', v('watcher')],
    });
    expect(commandWords({ command: null })).to.deep.equal({ words: [] });
  });

  it('gives an event its values', () => {
    expect(valuesOf(REAP, EVENTS.reap, 'box')).to.deep.equal({
      watcher: 'web',
      event: 'reap',
      summary: EVENTS.reap,
      host: 'box',
      time: '2023-11-14T22:13:20.000Z',
      process_pid: 7,
      exit_code: -9,
    });
  });

  it('waits twice as long after each failure, as long as the receiver asks, and never longer than retry_cap', () => {
    const options = { retry_in: 1, retry_cap: 10 };
    expect([1, 2, 3, 4, 5, 99].map((failures) => retryDelay(failures, options, null))).to.deep.equal([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
    expect(retryDelay(1, options, 7000)).to.equal(7000);
    expect(retryDelay(4, options, 7000)).to.equal(8000);
    expect(retryDelay(1, options, 3_600_000)).to.equal(10_000);
  });

  it('leaves no minute more than it may have', () => {
    expect(pauseFor([], 0, 2)).to.equal(0);
    expect(pauseFor([1000], 2000, 2)).to.equal(0);
    expect(pauseFor([1000, 1500], 2000, 2)).to.equal(59_000);
    expect(pauseFor([1000, 1500], 61_000, 2)).to.equal(0);
    expect(pauseFor([1000, 1500], 2000, null)).to.equal(0);
  });
});
