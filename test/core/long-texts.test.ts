import { expect } from 'chai';
import { syslogLine } from '../../core/cli/syslog-line.js';
import { convertValue } from '../../core/config/convert.js';
import { checkConfig } from '../../core/config/index.js';
import { Findings } from '../../core/config/problem.js';
import { maskText } from '../../core/secrets.js';
import { signalNumber } from '../../core/signals.js';

const LENGTH = 50_000;
/** Where time grows with the square of the length it takes several seconds. */
const MOST_MS = 1000;

/** Whoever may send a request sends a long text, and everybody else would have to wait. */
describe('a long text', () => {
  const digits = `${'1'.repeat(LENGTH)}x`;
  const spaces = ' '.repeat(LENGTH);
  const watcher = (options: object) => () => checkConfig({ watchers: { web: { cmd: 'true', ...options } } });
  const uses: readonly (readonly [what: string, use: () => unknown])[] = [
    ['a number', () => convertValue(digits, { type: 'number' }, [], { findings: new Findings(null), isText: () => true })],
    ['a time', watcher({ graceful_timeout: digits })],
    ['a signal of an option', watcher({ stop_signal: `A${spaces}x` })],
    ['a signal', () => expect(() => signalNumber(`A${spaces}x`)).to.throw('signal invalid')],
    ['a URL with a password', () => expect(maskText(`${'a.'.repeat(LENGTH)} db://me:b@c`)).to.match(/ db:\/\/me:\*\*\*@c$/)],
    ['a message for syslog', () => syslogLine(JSON.stringify({ level: 'info', msg: `a${spaces}b` }), 'daemon', null)],
  ];
  for (const [what, use] of uses) {
    it(`costs no time as ${what}`, async () => {
      const begun_ms = performance.now();
      await use();
      expect(performance.now() - begun_ms).to.be.below(MOST_MS);
    });
  }
});
