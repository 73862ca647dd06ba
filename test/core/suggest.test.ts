import { expect } from 'chai';
import { suggest } from '../../core/suggest.js';

const KNOWN = ['control', 'flapping', 'stats', 'statsd', 'watchdog', 'ab'];

const CASES: readonly (readonly [found: string, meant: string | null])[] = [
  ['contrl', 'control'],
  ['controll', 'control'],
  ['cnotrol', 'control'],
  ['Flaping', 'flapping'],
  ['stat', 'stats'],
  ['statsd', 'statsd'],
  ['wacthdgo', 'watchdog'],
  ['conductor', null],
  ['xy', null],
  ['', null],
];

describe('suggestion', () => {
  for (const [found, meant] of CASES) {
    it(`for "${found}" is ${meant ?? 'nothing'}`, () => expect(suggest(found, KNOWN)).to.equal(meant));
  }
  it('is nothing where nothing is known', () => expect(suggest('control', [])).to.equal(null));
});
