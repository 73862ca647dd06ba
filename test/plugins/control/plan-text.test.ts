import { expect } from 'chai';
import type { AppliedPlan, WatcherOptions } from '../../../core/index.js';
import { maskSecrets } from '../../../core/secrets.js';
import { appliedText, planText, replySteps } from '../../../plugins/control/plan-text.js';

type Steps = AppliedPlan['steps'];
const reply = (steps: Steps) => ({ status: 'ok', differs: steps.length > 0, steps: replySteps(steps) });
const options = { cmd: 'api' } as WatcherOptions;

const STEPS: Steps = [
  { do: 'plugin_unload', plugin: 'flapping', reason: 'changed', changes: [], drift: false },
  { do: 'plugin_load', plugin: 'flapping', reason: 'changed', changes: [{ option: 'attempts', from: 2, to: 3 }], drift: false },
  { do: 'plugin_load', plugin: 'mine', reason: 'added', changes: [], drift: false },
  { do: 'option', option: 'check_delay', from: 5, to: 2 },
  { do: 'remove', watcher: 'old', pids: [14], drift: false, outcome: { started: [], stopped: [14], kept: [] } },
  { do: 'remove', watcher: 'extra', pids: [], drift: true, outcome: { started: [], stopped: [], kept: [] } },
  {
    do: 'restart',
    watcher: 'web',
    pids: [12, 13],
    changes: [
      { option: 'cmd', from: 'a "b"', to: 'c', effect: 'restart', drift: false },
      { option: 'env', from: { A: '1', B: '2', C: '3' }, to: { A: '1', B: '3', D: '4' }, effect: 'restart', drift: true },
      { option: 'durable', from: false, to: null, effect: 'restart', drift: false },
    ],
    outcome: { started: [], stopped: [12, 13], kept: [], instead: 'it is stopped' },
  },
  {
    do: 'add',
    watcher: 'api',
    brought_by: 'catalogue',
    options,
    start: true,
    drift: false,
    outcome: { started: [21, 22], stopped: [], kept: [] },
  },
  { do: 'add', watcher: 'late', options, start: false, drift: true },
  { do: 'plugin_unload', plugin: 'gone', reason: 'removed', changes: [], drift: false },
  {
    do: 'restart_daemon',
    what: 'option',
    name: 'endpoint',
    change: 'changed',
    changes: [
      { option: 'endpoint', from: null, to: 'ipc://x' },
      { option: 'durable', from: true, to: null },
    ],
  },
];

describe('control: plans as text', () => {
  it('shows each step with what differs, and the processes that end', () => {
    expect(planText(reply(STEPS)).split('\n')).to.deep.equal([
      '~ plugin flapping: set up again, changed',
      '    attempts: 2 -> 3',
      '+ plugin mine: set up',
      '~ check_delay: 5 -> 2 (live)',
      '- old: remove (pid 14)',
      '- extra: remove (drift: added at run time)',
      '~ web: restart (pids 12, 13)',
      '    cmd: "a \\"b\\"" -> "c" (restart)',
      '    env.B: "2" -> "3" (restart, drift)',
      '    env.C: "3" -> not set (restart, drift)',
      '    env.D: not set -> "4" (restart, drift)',
      '    durable: false -> as the daemon (restart)',
      '+ api: add and start, of plugin catalogue',
      '+ late: add, not started (drift: removed at run time)',
      '- plugin gone: close',
      '! option endpoint: changed, takes effect when the daemon is started again',
      '    endpoint: not set -> "ipc://x"',
      '    durable: true -> not set',
      '',
      '10 steps; processes that end: 14, 12, 13',
    ]);
  });

  it('shows what becomes of sockets, and whom that concerns', () => {
    const steps: Steps = [
      { do: 'socket_open', socket: 'new', changes: [], users: [] },
      { do: 'socket_replace', socket: 'web', changes: [{ option: 'port', from: 80, to: 81 }], users: ['web', 'api'] },
      { do: 'socket_set', socket: 's', changes: [{ option: 'backlog', from: 1, to: 2 }], users: [] },
      { do: 'reload', watcher: 'web', changes: [], pids: [7], sockets: ['web'] },
      { do: 'socket_close', socket: 'old', changes: [], users: ['web'] },
    ];
    expect(planText(reply(steps)).split('\n')).to.deep.equal([
      '+ socket new: open',
      '~ socket web: open another in its place; used by web, api',
      '    port: 80 -> 81',
      '~ socket s: set',
      '    backlog: 1 -> 2',
      '~ web: reload (pid 7), for socket web',
      '- socket old: close; used by web',
      '',
      '5 steps; processes that end: 7',
    ]);
  });

  it('names a variable whose values differ where both are masked', () => {
    const env = { option: 'env', effect: 'restart', drift: true } as const;
    const change = { ...env, from: { TOKEN: 'a', OTHER_TOKEN: 'c', A: '1' }, to: { TOKEN: 'b', OTHER_TOKEN: 'c', A: '1' } };
    const masked = maskSecrets(reply([{ do: 'restart', watcher: 'web', pids: [7], changes: [change] }]));
    expect(
      planText(masked as ReturnType<typeof reply>)
        .split('\n')
        .slice(0, 2),
    ).to.deep.equal(['~ web: restart (pid 7)', '    env.TOKEN: "***" -> "***" (restart, drift)']);
  });

  it('shows after them what came of each', () => {
    const lines = appliedText(reply(STEPS)).split('\n');
    expect(lines).to.include.members([
      '- old: remove (pid 14); stopped 14',
      '~ web: restart (pids 12, 13); stopped 12, 13; but it is stopped',
      '+ api: add and start, of plugin catalogue; started 21, 22',
      '+ late: add, not started (drift: removed at run time)',
    ]);
    expect(lines.at(-1)).to.equal('10 steps done');
  });

  it('says so where nothing ends, or nothing differs', () => {
    expect(planText(reply([{ do: 'option', option: 'debug', from: false, to: true }]))).to.match(/1 step; no process ends$/);
    expect([planText(reply([])), appliedText(reply([]))]).to.deep.equal(['no difference', 'no difference, nothing was done']);
  });
});
