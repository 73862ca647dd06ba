import { expect } from 'chai';
import { Feed } from '../../../../../plugins/control/cli/top/feed.js';
import { type Effect, pressed, readKeys } from '../../../../../plugins/control/cli/top/keys.js';
import { processRow, type Snapshot } from '../../../../../plugins/control/cli/top/snapshot.js';
import { HISTORY, initialState, shownWatchers, type TopState, withSnapshot } from '../../../../../plugins/control/cli/top/state.js';
import { renderTable, renderTop, sparkline } from '../../../../../plugins/control/cli/top/view.js';

const row = (pid: number, name: string, cpu_percent: number, mem_percent: number, age_s: number) => ({
  pid,
  name,
  cpu_percent,
  mem_percent,
  rss_bytes: mem_percent * 10_000_000,
  age_s,
});

const SNAPSHOT: Snapshot = {
  watchers: [
    { name: 'circus', status: null, processes: [row(1, 'circusd', 90, 9, 9e6)] },
    { name: 'web', status: 'active', processes: [row(11, 'node', 1.25, 0.5, 45), row(12, 'node', 40, 0.25, 720)] },
    { name: 'db', status: 'active', processes: [row(21, 'postgres\u001b[2J', 5, 3, 90_000)] },
    { name: 'idle', status: 'stopped', processes: [] },
  ],
  sockets: [{ address: '127.0.0.1:80', hits: 7 }],
};
const FRAME = { width: 80, height: 14, endpoint: 'tcp://127.0.0.1:5555', clock: '12:30:01' };

const state = (changes: Partial<TopState> = {}): TopState => ({ ...withSnapshot(initialState(true), SNAPSHOT), ...changes });
const screen = (of: TopState): string =>
  renderTop(of, FRAME)
    .map(({ text, style }) => `${style === 'inverse' ? '>' : ' '}${text}`.trimEnd())
    .join('\n');

describe('top: view', () => {
  it('shows watchers with their processes, sorted by processor, the daemon last', () => {
    expect(screen(state())).to.equal(
      [
        ' ringmaster top  tcp://127.0.0.1:5555                       4 processes  12:30:01',
        ' cpu   136.3%                      █   mem  12.8%                      █',
        '>NAME                      STATUS         CPU%   MEM%      RSS   AGE CPU',
        '>web                       active 2       41.3    0.8     7.2M   12m            █',
        '   12 node                                40.0    0.3     2.4M   12m',
        '   11 node                                 1.3    0.5     4.8M   45s',
        ' db                        active 1        5.0    3.0    28.6M   25h            ▅',
        '   21 postgres?[2J                         5.0    3.0    28.6M   25h',
        ' idle                      stopped 0       0.0    0.0       0B    0s            ▁',
        ' circus                    1              90.0    9.0    85.8M  104d            █',
        '   1 circusd                              90.0    9.0    85.8M  104d',
        ' socket 127.0.0.1:80  7 connections',
        '',
        ' ? help q quit ↑↓ select r restart s stop/start +- scale o sort: cpu / filter',
      ].join('\n'),
    );
  });

  it('never writes more than the terminal has', () => {
    for (const [width, height] of [
      [80, 24],
      [40, 5],
      [20, 3],
    ] as const) {
      const lines = renderTop(state({ message: 'x'.repeat(200) }), { ...FRAME, width, height });
      expect(lines).to.have.length(height);
      expect(lines.every(({ text }) => [...text].length <= width)).to.equal(true);
    }
  });

  it('scrolls to what is selected', () => {
    const watchers = Array.from({ length: 40 }, (_, index) => ({
      name: `w${String(index).padStart(2, '0')}`,
      status: 'active',
      processes: [],
    }));
    const many = withSnapshot({ ...initialState(true), sort: 'name' }, { watchers, sockets: [] });
    const text = screen({ ...many, selected: { watcher: 'w30', pid: null } });
    expect(text).to.include('>w30').and.not.include('w20').and.not.include('w39');
  });

  it('says what it waits for, that nothing matches, and what the keys are', () => {
    expect(screen(initialState(true))).to.include('waiting for data');
    expect(screen(state({ filter: 'zzz' }))).to.include('nothing matches zzz');
    expect(screen(state({ has_help: true }))).to.include('restart the watcher');
    expect(screen(initialState(false))).not.to.include('restart');
  });

  it('prints a table of everything', () => {
    const table = renderTable(state(), 80).split('\n');
    expect(table).to.have.length(10);
    expect(table[1]).to.equal('web                       active 2       41.3    0.8     7.2M   12m');
  });

  it('draws the newest figures, a little noise low', () => {
    expect(sparkline([0, 1, 5, 10], 4)).to.equal('▁▁▅█');
    expect(sparkline([100, 0, 50], 2)).to.equal('▁█');
    expect(sparkline([1], 3)).to.equal('  ▁');
  });
});

describe('top: order and filter', () => {
  const names = (changes: Partial<TopState>): string[] => shownWatchers(state(changes)).map(({ name }) => name);
  for (const [sort, order] of [
    ['cpu', ['web', 'db', 'idle', 'circus']],
    ['mem', ['db', 'web', 'idle', 'circus']],
    ['name', ['db', 'idle', 'web', 'circus']],
    ['age', ['db', 'web', 'idle', 'circus']],
  ] as const) {
    it(`sorts by ${sort}`, () => expect(names({ sort })).to.deep.equal(order));
  }

  it('filters by name of a watcher, and by name and pid of processes', () => {
    expect(names({ filter: 'WE' })).to.deep.equal(['web']);
    const [web] = shownWatchers(state({ filter: '12' }));
    expect(web?.processes.map(({ pid }) => pid)).to.deep.equal([12]);
  });

  it('remembers a limited past', () => {
    let long = state();
    for (let round = 0; round < 100; round++) long = withSnapshot(long, SNAPSHOT);
    expect(long.total.cpu).to.have.length(HISTORY);
  });
});

describe('top: keys', () => {
  const type = (from: TopState, ...keys: readonly string[]): { state: TopState; effects: Effect[] } => {
    const effects: Effect[] = [];
    let now = from;
    for (const key of keys) {
      const step = pressed(now, key);
      now = step.state;
      if (step.effect) effects.push(step.effect);
    }
    return { state: now, effects };
  };
  const request = (from: TopState, ...keys: readonly string[]): unknown[] =>
    type(from, ...keys).effects.map((effect) => (effect.kind === 'request' ? [effect.command, effect.properties] : effect.kind));

  it('reads special keys, several at once, and leaves out unknown ones', () => {
    expect(readKeys('j\u001b[A\u001b[5~q')).to.deep.equal(['j', 'up', 'page_up', 'q']);
    expect(readKeys('\u001b')).to.deep.equal(['escape']);
    expect(readKeys('\u001b[19~é')).to.deep.equal(['é']);
    expect(readKeys('\u0003')).to.deep.equal(['interrupt']);
  });

  it('moves within what there is, and stays with what is selected when the order changes', () => {
    expect(type(state(), 'up').state.selected).to.deep.equal({ watcher: 'web', pid: null });
    expect(type(state(), 'j', 'down').state.selected).to.deep.equal({ watcher: 'web', pid: 11 });
    expect(type(state(), 'end').state.selected).to.deep.equal({ watcher: 'circus', pid: 1 });
    expect(type(state(), 'j', 'o').state).to.deep.include({ sort: 'mem', selected: { watcher: 'web', pid: 12 } });
  });

  for (const [keys, wanted] of [
    [['r'], ['restart', { name: 'web', match: 'simple' }]],
    [
      ['j', 'r'],
      ['kill', { name: 'web', pid: 12 }],
    ],
    [['s'], ['stop', { name: 'web', match: 'simple' }]],
    [['+'], ['incr', { name: 'web' }]],
    [['-'], ['decr', { name: 'web' }]],
  ] as const) {
    it(`${keys.join(' ')} asks for ${wanted[0]}`, () => expect(request(state(), ...keys)).to.deep.equal([wanted]));
  }

  it('starts what is stopped', () => {
    expect(request(state({ selected: { watcher: 'idle', pid: null } }), 's')).to.deep.equal([['start', { name: 'idle', match: 'simple' }]]);
  });

  it('does nothing to the daemon itself, nor where it can only watch', () => {
    expect(request(state({ selected: { watcher: 'circus', pid: null } }), 'r', 's', '+')).to.deep.equal([]);
    const { state: after, effects } = type(state({ can_control: false }), 'r');
    expect(effects).to.deep.equal([]);
    expect(after.message).to.include('only watching');
  });

  it('never acts on what has taken the place of what was selected', () => {
    const gone = state({ selected: { watcher: 'web', pid: 99 } });
    const once = type(gone, 'r');
    expect(once.effects).to.deep.equal([]);
    expect(once.state.message).to.equal('selected web; press r again');
    expect(request(gone, 'r', 'r')).to.deep.equal([['restart', { name: 'web', match: 'simple' }]]);
  });

  it('takes letters for the filter while it is typed', () => {
    expect(type(state(), '/', 'q', 'd', 'backspace', 'backspace', 'd', 'enter').state).to.include({ filter: 'd', is_typing: false });
    expect(type(state(), '/', 'q', 'escape').state).to.include({ filter: '', is_typing: false });
    expect(request(state(), '/', 'r', 'interrupt')).to.deep.equal(['quit']);
  });

  it('shows help until the next key', () => {
    expect(type(state(), '?').state.has_help).to.equal(true);
    expect(type(state(), '?', 'q')).to.deep.include({ effects: [] });
    expect(request(state(), 'q')).to.deep.equal(['quit']);
  });
});

describe('top: what is published', () => {
  const INFO = { pid: 11, name: null, cmdline: 'node', cpu: 1.5, mem: 0.25, mem_info1: '3.20M', age: 7, subtopic: 11 };

  it('reads process information, figures that are not known too', () => {
    expect(processRow(INFO)).to.deep.equal({
      pid: 11,
      name: 'node',
      cpu_percent: 1.5,
      mem_percent: 0.25,
      rss_bytes: 3.2 * 1024 ** 2,
      age_s: 7,
    });
    expect(processRow({ ...INFO, name: 'circusd', cpu: 'N/A', mem_info1: '512B' })).to.include({
      name: 'circusd',
      cpu_percent: 0,
      rss_bytes: 512,
    });
  });

  it('joins processes with the statuses of watchers, names with dots and spaces too', () => {
    const feed = new Feed(3000);
    feed.take('stat.my.web app.11', INFO, 0);
    feed.take('stat.my.web app', { pid: [11], cpu: 1.5 }, 0);
    feed.take('stat.sockets.5', { fd: 5, subtopic: 5, address: 'a:1', reads: 3 }, 0);
    expect(feed.rounds).to.equal(0);
    feed.take('stat.circus', {}, 0);
    expect(feed.rounds).to.equal(1);
    const { watchers, sockets } = feed.snapshot(1000, { 'My.Web App': 'active', idle: 'stopped' });
    expect(watchers.map(({ name, status, processes }) => [name, status, processes.length])).to.deep.equal([
      ['My.Web App', 'active', 1],
      ['idle', 'stopped', 0],
    ]);
    expect(sockets).to.deep.equal([{ address: 'a:1', hits: 3 }]);
  });

  it('forgets a process that nothing more is heard of', () => {
    const feed = new Feed(3000);
    feed.take('stat.web.11', INFO, 0);
    expect(feed.snapshot(3000).watchers).to.have.length(1);
    expect(feed.snapshot(3001).watchers).to.deep.equal([]);
  });
});
