import { expect } from 'chai';
import { isRespawnParent } from '../../../../core/cli/respawn/asked.js';
import { afterDeath, type Death, type Past } from '../../../../core/cli/respawn/policy.js';
import { endingText } from '../../../../core/cli/respawn/words.js';

const NEW: Past = { worked: false, early: 0, asked: false };
const PROVEN: Past = { ...NEW, worked: true };
const status = (status: number, ran_ms: number | null = null): Death => ({ status, signum: null, ran_ms });
const killed = (ran_ms: number | null = null): Death => ({ status: null, signum: 9, ran_ms });

describe('respawn: what follows on the death of a supervisor', () => {
  for (const [what, death, past, decision] of [
    ['one that was stopped is over', status(0, 5000), PROVEN, { action: 'end', status: 0 }],
    ['one with wrong words is over', status(2), NEW, { action: 'end', status: 2 }],
    ['a config with errors ends it, also later', status(78), PROVEN, { action: 'end', status: 78 }],
    ['a first one that can not start is over', status(1), NEW, { action: 'end', status: 1 }],
    ['a first one that fails inside before it works is over', status(70), NEW, { action: 'end', status: 70 }],
    ['one that stopped with errors is over', status(1, 5000), PROVEN, { action: 'end', status: 1 }],
    ['a later one that can not start is tried again', status(1), PROVEN, { action: 'start', delay_ms: 100, early: 1 }],
    ['one that failed inside is followed by another', status(70, 5000), NEW, { action: 'start', delay_ms: 0, early: 0 }],
    [
      'one that was killed after it worked is followed at once',
      killed(1000),
      { ...NEW, early: 7 },
      { action: 'start', delay_ms: 0, early: 0 },
    ],
    ['one that was killed while it started is followed soon', killed(), NEW, { action: 'start', delay_ms: 100, early: 1 }],
    ['one that died young counts as early', killed(999), { ...PROVEN, early: 2 }, { action: 'start', delay_ms: 400, early: 3 }],
    ['after an end that was asked for comes none', killed(5000), { ...PROVEN, asked: true }, { action: 'end', status: 137 }],
  ] as const) {
    it(what, () => expect(afterDeath(death, past)).to.deep.equal(decision));
  }

  it('waits twice as long after each early death, half a minute at most', () => {
    const delays: number[] = [];
    let past = NEW;
    for (let count = 0; count < 40; count++) {
      const decision = afterDeath(killed(), past);
      if (decision.action === 'end') throw new Error('it has ended');
      delays.push(decision.delay_ms);
      past = { ...past, early: decision.early };
    }
    expect(delays.slice(0, 5)).to.deep.equal([100, 200, 400, 800, 1600]);
    expect(Math.max(...delays)).to.equal(30_000);
    expect(delays).to.deep.equal(delays.toSorted((a, b) => a - b));
  });

  it('tells an ending in words', () => {
    expect(endingText({ pid: 7, status: 70, signal: null, lived_ms: 3240 })).to.equal('ended with status 70 after 3.2 s');
    expect(endingText({ pid: 7, status: null, signal: 'SIGKILL', lived_ms: 50 })).to.equal('was ended by SIGKILL after 0.1 s');
  });
});

describe('respawn: which process is the parent', () => {
  for (const [program, words, env, is_parent] of [
    ['ringmaster', 'run --respawn c.yaml', {}, true],
    ['ringmaster', 'run c.yaml --respawn', {}, true],
    ['circusd', '--respawn circus.ini', {}, true],
    ['ringmaster', 'run c.yaml', {}, false],
    ['ringmaster', 'run -- --respawn', {}, false],
    ['ringmaster', 'set web --respawn', {}, false],
    ['ringmaster', 'run --respawn c.yaml', { RINGMASTER_PARENT: '{}' }, false],
    ['ringmaster', 'run --respawn --daemon c.yaml', {}, false],
    ['ringmaster', 'run --respawn --daemon c.yaml', { RINGMASTER_IN_BACKGROUND: '1' }, true],
    ['circusd', '--daemon --respawn c.ini', { RINGMASTER_IN_BACKGROUND: '1', RINGMASTER_PARENT: '{}' }, false],
  ] as const) {
    it(`${program} ${words}, with ${Object.keys(env).join(', ') || 'nothing'} set: ${is_parent ? 'yes' : 'no'}`, () => {
      expect(isRespawnParent(program, words.split(' '), env)).to.equal(is_parent);
    });
  }
});
