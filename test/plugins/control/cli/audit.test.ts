import { expect } from 'chai';
import type { KeptEntry } from '../../../../plugins/control/audit.js';
import { StubDaemon } from '../../../fixtures/cli/router.js';
import { RunningBin, runBin } from '../../../fixtures/cli/run-bin.js';

const entry = (seq: number, more: Partial<KeptEntry> = {}): KeptEntry => ({
  seq,
  time: 1_700_000_000 + seq,
  watcher: 'web',
  who: 'key laptop',
  role: 'operate',
  connection: '00ff',
  command: 'incr',
  properties: { name: 'web' },
  result: 'ok',
  took_ms: 7,
  ...more,
});

describe('control cli: the audit', () => {
  let entries: KeptEntry[];
  let daemon: StubDaemon;
  beforeEach(async () => {
    entries = [entry(1), entry(2, { command: 'quit', properties: {}, result: 'refused', reason: 'it needs the role admin' })];
    daemon = await StubDaemon.start({
      audit: ({ after = 0 }) => ({ entries: entries.filter(({ seq }) => seq > Number(after)), seq: entries.length }),
    });
  });
  afterEach(() => daemon[Symbol.asyncDispose]());
  const words = (): readonly string[] => ['audit', '--endpoint', daemon.endpoint];

  it('is a table of who asked for what, and how that ended', async () => {
    const { stdout, status } = await runBin('main', words());
    expect(status).to.equal(0);
    expect(stdout).to.equal(
      [
        'TIME                  WHO         WHAT           TOOK  RESULT',
        '2023-11-14T22:13:21Z  key laptop  incr name=web  7 ms  ok',
        '2023-11-14T22:13:22Z  key laptop  quit           7 ms  refused: it needs the role admin',
        '',
      ].join('\n'),
    );
    entries = [];
    expect((await runBin('main', words())).stdout).to.equal('nothing was asked for yet\n');
    expect((await runBin('circusctl', words())).stdout).to.equal('nothing was asked for yet\n');
  });

  it('shows what would be an order to the terminal, as refusals and all other answers do', async () => {
    const order = 'a\u001b]0;b\u0007\u009bc';
    const shown = 'a\\u001b]0;b\\u0007\\u009bc';
    entries = [entry(1, { who: order })];
    expect((await runBin('main', words())).stdout).to.include(` ${shown} `);
    const list = () => ({ watchers: [order] });
    const stop = () => ({ status: 'error', reason: order, fix: order, errno: 1 });
    await using stub = await StubDaemon.start({ list, stop });
    expect((await runBin('main', ['list', '--endpoint', stub.endpoint])).stdout).to.equal(`${shown}\n`);
    expect((await runBin('circusctl', ['list', '--endpoint', stub.endpoint])).stdout).to.equal(`${shown}\n`);
    expect((await runBin('main', ['stop', '--endpoint', stub.endpoint])).stderr).to.equal(`error: ${shown}; ${shown}\n`);
  });

  it('says of a name that there is nothing of it, and of whom there is something', async () => {
    const none = { entries: [], seq: 2, none_of: 'nobody' };
    for (const [more, said] of [
      [
        { watchers: ['db', 'web'], who: ['key laptop'] },
        'nothing was asked for of nobody; what is kept is of db, web, asked for by key laptop',
      ],
      [{ watchers: [], who: ['local'] }, 'nothing was asked for of nobody; what is kept is of no single watcher, asked for by local'],
      [{ watchers: [], who: [] }, 'nothing was asked for yet'],
    ] as const) {
      await using stub = await StubDaemon.start({ audit: () => ({ ...none, ...more }) });
      expect((await runBin('main', ['audit', 'nobody', '--endpoint', stub.endpoint])).stdout).to.equal(`${said}\n`);
    }
  });

  it('goes on with --follow, and tells each once', async () => {
    const following = new RunningBin('main', [...words(), '-f', '--json']);
    await following.printed('"quit"');
    entries.push(entry(3, { command: 'decr' }));
    await following.printed('"decr"');
    entries.push(entry(4, { command: 'reload' }));
    await following.printed('"reload"');
    following.child.kill('SIGTERM');
    const { stdout } = await following.ended;
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as KeptEntry);
    expect(told).to.deep.equal(entries);
  });
});
