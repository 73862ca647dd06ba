import { expect } from 'chai';
import { checkResult, describeValue } from '../../../core/hook-result.js';
import { HOOKS, type HookName } from '../../../core/hooks.js';

const spawn = { argv: ['a'], file: 'a', env: { A: '1' }, cwd: '/' };
const config = { watchers: {}, sockets: {}, plugins: {}, env: {} };

const ALLOWED: readonly (readonly [HookName, unknown])[] = [
  ['before_start', undefined],
  ['before_start', null],
  ['before_start', true],
  ['before_start', false],
  ['before_start', { veto: 'x' }],
  ['respawn', { action: 'give_up', reason: 'x' }],
  ['respawn', { action: 'respawn', delay_ms: 0, reason: 'x' }],
  ['respawn', null],
  ['stats', {}],
  ['stats', { cpu: 1 }],
  ['spawn_options', spawn],
  ['config', config],
  ['before_stop', 42],
  ['event', Promise.resolve()],
];

const REFUSED: readonly (readonly [HookName, unknown, string])[] = [
  ['before_start', 0, '0'],
  ['before_start', 'no', '"no"'],
  ['before_start', {}, 'an empty object'],
  ['before_start', { veto: 1 }, 'an object with veto'],
  ['before_start', [], 'an array'],
  ['before_start', () => {}, 'a function'],
  ['before_signal', Promise.resolve(), 'a promise'],
  ['respawn', { action: 'perhaps', reason: '' }, 'an object with action, reason'],
  ['respawn', { action: 'respawn', reason: 'x' }, 'an object with action, reason'],
  ['respawn', { action: 'respawn', delay_ms: -1, reason: 'x' }, 'an object with action, delay_ms, reason'],
  ['respawn', { action: 'respawn', delay_ms: Number.NaN, reason: 'x' }, 'an object with action, delay_ms, reason'],
  ['respawn', { action: 'respawn', delay_ms: '5', reason: 'x' }, 'an object with action, delay_ms, reason'],
  ['respawn', { action: 'give_up' }, 'an object with action'],
  ['stats', [], 'an array'],
  ['stats', 1, '1'],
  ['stats', new Map(), 'an empty object'],
  ['spawn_options', { ...spawn, argv: [] }, 'an object with argv, file, env, cwd'],
  ['spawn_options', { ...spawn, argv: [1] }, 'an object with argv, file, env, cwd'],
  ['spawn_options', { ...spawn, env: { A: 1 } }, 'an object with argv, file, env, cwd'],
  ['spawn_options', { ...spawn, file: '' }, 'an object with argv, file, env, cwd'],
  ['spawn_options', { argv: ['a'] }, 'an object with argv'],
  ['config', { ...config, watchers: [] }, 'an object with watchers, sockets, plugins, env'],
  ['config', {}, 'an empty object'],
];

describe('result of a hook', () => {
  for (const [hook, found] of ALLOWED) {
    it(`of ${hook} may be ${describeValue(found)}`, () => expect(checkResult(hook, HOOKS[hook].kind, found)).to.equal(null));
  }
  for (const [hook, found, words] of REFUSED) {
    it(`of ${hook} may not be ${JSON.stringify(found) ?? words}`, () => {
      expect(checkResult(hook, HOOKS[hook].kind, found)?.found).to.equal(words);
    });
  }
  it('is shortened where it is a long text', () => expect(describeValue('x'.repeat(100))).to.have.length(43));
});
