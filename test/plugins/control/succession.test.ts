import { expect } from 'chai';
import { VirtualClock } from '../../../core/testing.js';
import { type AuditEntry, AuditTrail, type BegunEntry } from '../../../plugins/control/audit.js';
import { legacyOf, Succession } from '../../../plugins/control/succession.js';

const ENTRY: AuditEntry = {
  time: 5,
  watcher: 'web',
  who: 'local',
  role: 'admin',
  connection: '00',
  command: 'incr',
  properties: {},
  result: 'ok',
  took_ms: 3,
};
const { time: _, result: __, took_ms: ___, ...ASKED } = ENTRY;
const UPGRADE: BegunEntry = { ...ASKED, command: 'upgrade', watcher: '' };

/** A trail that keeps what it keeps in an object. */
function trailOf(most: number, kept: Record<string, unknown> = {}): { readonly trail: AuditTrail; readonly kept: Record<string, unknown> } {
  const trail = new AuditTrail(most, (key, value) => {
    if (value === null) delete kept[key];
    else kept[key] = value;
  });
  return { trail, kept };
}

describe('control: what is kept for the next daemon', () => {
  it('is the trail, its numbers go on, and it is no longer than it may be here', () => {
    const { trail, kept } = trailOf(12);
    for (let count = 0; count < 14; count++) trail.add({ ...ENTRY, took_ms: count });
    expect(Object.keys(kept)).to.have.length(12);
    const next = trailOf(3, kept);
    next.trail.resume({ ...kept });
    expect(next.trail.entries.map(({ seq }) => seq)).to.deep.equal([12, 13, 14]);
    next.trail.add(ENTRY);
    expect(next.trail.entries.map(({ seq }) => seq)).to.deep.equal([13, 14, 15]);
    expect([next.trail.seq, Object.keys(kept)]).to.deep.equal([15, ['entry/13', 'entry/14', 'entry/15']]);
    const none = trailOf(0, kept);
    none.trail.resume({ ...kept });
    none.trail.add(ENTRY);
    expect([none.trail.entries, kept, none.trail.seq]).to.deep.equal([[], {}, 16]);
  });

  it('has what is still being done, until that has its entry', () => {
    const { trail, kept } = trailOf(3);
    const ends = [1, 2].map((began) => trail.begin({ began, entry: ASKED }));
    ends[0]?.(() => {});
    const next = trailOf(3, kept);
    expect(next.trail.resume({ ...kept })).to.deep.equal([{ began: 2, entry: ASKED }]);
    expect(kept).to.deep.equal({});
  });

  it('is what was asked for, though the daemon crashes at each start: of crashes in a row there are the first and the latest', () => {
    const crash: AuditEntry = { ...ENTRY, who: 'daemon', command: 'crash', result: 'error' };
    let kept: Record<string, unknown> = {};
    const begin = (): AuditTrail => {
      const next = trailOf(5, { ...kept });
      next.trail.resume({ ...kept });
      kept = next.kept;
      return next.trail;
    };
    begin().add(ENTRY);
    for (let life = 0; life < 20; life++) begin().add(crash);
    const { entries, seq } = begin();
    expect(entries.map((entry) => [entry.seq, entry.command])).to.deep.equal([
      [1, 'incr'],
      [2, 'crash'],
      [21, 'crash'],
    ]);
    expect([seq, Object.keys(kept)]).to.deep.equal([21, ['entry/1', 'entry/2', 'entry/21']]);
  });

  it('is either still being done or has its entry, and never both, whenever the daemon dies', () => {
    const kept: Record<string, unknown> = {};
    const seen: (readonly [entries: number, open: number])[] = [];
    for (let life = 1; life <= 2; life++) {
      const trail = new AuditTrail(5, (key, value) => {
        if (value === null) delete kept[key];
        else kept[key] = value;
        const next = trailOf(5);
        const open = next.trail.resume({ ...kept });
        seen.push([next.trail.entries.length, open.length]);
        for (const entry of next.trail.entries) expect(entry).to.have.all.keys('seq', ...Object.keys(ENTRY));
      });
      trail.resume({ ...kept });
      trail.begin({ began: life, entry: ASKED })(() => trail.add(ENTRY));
    }
    expect(seen).to.deep.equal([
      [0, 1],
      [1, 0],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 0],
    ]);
  });

  it('has after a crash word of that, and of what nobody has seen the end of', () => {
    const clock = new VirtualClock();
    const { trail, kept } = trailOf(5);
    const entries: AuditEntry[] = [];
    const now = clock.wall() / 1000;
    trail.begin({ began: now - 10, entry: ASKED });
    const supervisor = { upgrade: () => Promise.reject(new Error('asked for')) };
    const former = { legacy: null, token: null, kept: { ...kept } };
    const succession = new Succession({ supervisor, clock, trail, audited: (entry) => void entries.push(entry) });
    succession.takeOver({ ...former, crashed: { last_alive: now - 4 } });
    succession.takeOver({ ...former, crashed: { last_alive: null } });
    expect(entries.map(({ command, time, took_ms, who, result }) => [command, time, took_ms, who, result])).to.deep.equal([
      ['incr', now - 4, 6000, 'local', 'error'],
      ['crash', now, 0, 'daemon', 'error'],
      ['incr', now, 10_000, 'local', 'error'],
      ['crash', now, 0, 'daemon', 'error'],
    ]);
    const when = new Date((now - 4) * 1000).toISOString();
    expect(entries.map(({ reason }) => reason)).to.deep.equal([
      'the daemon ended before this had come to an end',
      `the daemon before did not end in order; it was last known to live at ${when}`,
      'the daemon ended before this had come to an end',
      'the daemon before did not end in order',
    ]);
    entries.length = 0;
    succession.takeOver({ ...former, crashed: null });
    expect(entries).to.deep.equal([]);
  });

  for (const [what, outcome, told] of [
    ['ended well', () => Promise.resolve(), { result: 'ok' }],
    ['failed', () => Promise.reject(new Error('cannot execute')), { result: 'error', reason: 'cannot execute' }],
  ] as const) {
    it(`has word of the upgrade that ${what}, with the time from the request on`, async () => {
      const clock = new VirtualClock();
      const entries: AuditEntry[] = [];
      const asked: unknown[] = [];
      const supervisor = {
        upgrade: (request: unknown) => {
          asked.push(request);
          return outcome() as Promise<never>;
        },
      };
      const succession = new Succession({ supervisor, clock, trail: trailOf(5).trail, audited: (entry) => void entries.push(entry) });
      const now = clock.wall() / 1000;
      const upgrades = ['other', 'mine'].map((token) => ({ token, began: now - 2, entry: UPGRADE }));
      succession.takeOver({ legacy: { upgrades }, token: 'mine', kept: {}, crashed: null });
      await clock.advanceAsync(0);
      expect(asked).to.deep.equal([{ token: 'mine' }]);
      expect(entries).to.deep.equal([{ ...UPGRADE, ...told, time: now, took_ms: 2000 }]);
      expect(['mine', 'other', undefined].map((token) => succession.tellsOf(token))).to.deep.equal([true, false, false]);
    });
  }

  it('asks for no upgrade where none was asked for by a client, and takes nothing that it does not know', async () => {
    const supervisor = { upgrade: () => Promise.reject(new Error('asked for')) };
    const entries: AuditEntry[] = [];
    const clock = new VirtualClock();
    const succession = new Succession({ supervisor, clock, trail: trailOf(5).trail, audited: (entry) => void entries.push(entry) });
    const legacy = { upgrades: [{ token: 'x', began: 0, entry: UPGRADE }] };
    succession.takeOver({ legacy, token: null, kept: {}, crashed: null });
    await clock.advanceAsync(0);
    expect([entries, succession.tellsOf(undefined), succession.tellsOf(null)]).to.deep.equal([[], false, false]);
    for (const value of [undefined, null, 5, {}, { trail: 1 }]) expect(legacyOf(value)).to.equal(null);
  });
});
