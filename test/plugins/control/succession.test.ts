import { expect } from 'chai';
import { VirtualClock } from '../../../core/testing.js';
import { type AuditEntry, AuditTrail } from '../../../plugins/control/audit.js';
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
const { time: _, result: __, took_ms: ___, ...BEGUN } = { ...ENTRY, command: 'upgrade', watcher: '' };

describe('control: what the next version gets', () => {
  it('is the trail, its numbers go on, and it is no longer than it may be here', () => {
    const trail = new AuditTrail(5);
    for (let count = 0; count < 7; count++) trail.add({ ...ENTRY, took_ms: count });
    const left = trail.leave();
    const next = new AuditTrail(3);
    next.resume(left);
    next.add(ENTRY);
    expect(next.entries.map(({ seq }) => seq)).to.deep.equal([6, 7, 8]);
    expect(next.seq).to.equal(8);
    const none = new AuditTrail(0);
    none.resume(left);
    expect([none.entries.length, none.seq]).to.deep.equal([0, 7]);
  });

  it('is the latest part of a trail that is too long', () => {
    const trail = new AuditTrail(1000);
    for (let count = 0; count < 200; count++) trail.add({ ...ENTRY, properties: { fill: 'x'.repeat(10_000) } });
    const { entries, seq } = trail.leave();
    expect(JSON.stringify(entries).length).to.be.within(400_000, 530_000);
    expect([entries.at(-1)?.seq, seq]).to.deep.equal([200, 200]);
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
      const succession = new Succession({ supervisor, clock, trail: new AuditTrail(5), audited: (entry) => void entries.push(entry) });
      const now = clock.wall() / 1000;
      const upgrades = ['other', 'mine'].map((token) => ({ token, began: now - 2, entry: BEGUN }));
      succession.takeOver({ trail: { entries: [], seq: 0 }, upgrades }, 'mine');
      await clock.advanceAsync(0);
      expect(asked).to.deep.equal([{ token: 'mine' }]);
      expect(entries).to.deep.equal([{ ...BEGUN, ...told, time: now, took_ms: 2000 }]);
      expect(['mine', 'other', undefined].map((token) => succession.tellsOf(token))).to.deep.equal([true, false, false]);
    });
  }

  it('asks for no upgrade where none was asked for by a client, and takes nothing that it does not know', async () => {
    const supervisor = { upgrade: () => Promise.reject(new Error('asked for')) };
    const entries: AuditEntry[] = [];
    const clock = new VirtualClock();
    const succession = new Succession({ supervisor, clock, trail: new AuditTrail(5), audited: (entry) => void entries.push(entry) });
    succession.takeOver({ trail: { entries: [], seq: 0 }, upgrades: [{ token: 'x', began: 0, entry: BEGUN }] }, null);
    await clock.advanceAsync(0);
    expect([entries, succession.tellsOf(undefined), succession.tellsOf(null)]).to.deep.equal([[], false, false]);
    for (const value of [undefined, null, 5, {}, { trail: 1 }]) expect(legacyOf(value)).to.equal(null);
  });
});
