import { expect } from 'chai';
import fc from 'fast-check';
import type { SpawnRecord } from '../../../core/durable/records.js';
import { recoverSpawns } from '../../../core/durable/recover.js';
import { spawnToken, understandToken } from '../../../core/durable/token.js';

const marked = (pid: number) => [{ pid, pgid: pid, sid: pid, start_ticks: 1, started: 1 }];
const spawn = (wid: number, more: Partial<SpawnRecord> = {}): SpawnRecord => ({ watcher: 'web', wid, generation: 1, ...more });

describe('a spawn whose record is lost', () => {
  it('has in its token all that the record began with', () => {
    const pipe = fc.option(fc.nat({ max: 999_999_999 }));
    const pipes = fc.tuple(pipe, pipe).filter(([stdout, stderr]) => stdout !== null || stderr !== null);
    const records = fc.record({
      watcher: fc.string({ minLength: 1 }),
      wid: fc.nat({ max: 999_999_999 }),
      generation: fc.nat({ max: 999_999_999 }),
    });
    fc.assert(
      fc.property(records, fc.option(pipes), fc.nat(), fc.nat(), (begun, used, life, count) => {
        const record: SpawnRecord = { ...begun, ...(used !== null && { pipes: used }) };
        const token = spawnToken(`0123456789ab.${life}.${count}`, record);
        expect(token).to.match(/^[\w.-]+$/);
        expect(understandToken(token)).to.deep.equal({ order: [life, count], record });
      }),
    );
    const names = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(fc.property(names, (watcher) => understandToken(spawnToken('a.1.2', spawn(1, { watcher })))?.record.watcher === watcher));
    expect(understandToken(spawnToken('a.1.2', spawn(1, { watcher: '\ud800' })))?.record.watcher).to.equal('\ufffd');
    for (const token of ['', 'a', 'a.1.2', 'a.1.2.3.4.5.6', 'a.1.2.x.1...web', 'a.1.2.3.4.5.6.%'])
      expect(understandToken(token)).to.equal(null);
  });

  it('is recovered where it is the latest of a worker of which nothing is known', () => {
    const of = (beginning: string, record: SpawnRecord, pid: number) => [spawnToken(`id.${beginning}`, record), marked(pid)] as const;
    const latest = of('2.1', spawn(1), 12);
    const free = of('1.3', spawn(2, { pipes: [4, null] }), 13);
    const found = new Map([
      of('1.9', spawn(1), 11),
      latest,
      free,
      // Its worker id has another by now, as its pipe has.
      of('1.4', spawn(3), 14),
      of('1.2', spawn(5, { pipes: [null, 7] }), 15),
      ['what is this', marked(16)],
    ]);
    const { records, unknown } = recoverSpawns(
      found,
      new Map([
        ['id.3.1.3.1...d2Vi', spawn(3)],
        ['id.3.2.4.1.7.8.ZGI', spawn(4, { watcher: 'db', pipes: [7, 8] })],
      ]),
    );
    expect([...records]).to.deep.equal([
      [latest[0], spawn(1)],
      [free[0], spawn(2, { pipes: [4, null] })],
    ]);
    expect(unknown).to.deep.equal([11, 14, 15, 16]);
  });

  it('is recovered where what is known of its worker, and of its pipe, is older', () => {
    const old = spawn(1, { pid: 11, pipes: [1, 2], ended: true });
    const now = spawn(1, { pipes: [2, 3] });
    const known = new Map([
      ['id.1.1.1.1.1.2.d2Vi', old],
      ['of another version', spawn(2)],
    ]);
    const found = new Map([
      [spawnToken('id.1.4', now), marked(12)],
      [spawnToken('id.1.5', spawn(2)), marked(13)],
    ]);
    const { records, unknown } = recoverSpawns(found, known);
    expect([...records]).to.deep.equal([
      [spawnToken('id.1.4', now), now],
      ['id.1.1.1.1.1.2.d2Vi', { ...old, pipes: [1, null] }],
    ]);
    expect(unknown).to.deep.equal([13]);
  });
});
