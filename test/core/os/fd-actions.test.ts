import { expect } from 'chai';
import { type FdAction, fdActions } from '../../../core/os/posix/fd-actions.js';

/** What a child has after the actions, where the parent's descriptor n is called `#n`. */
function carriedOut(actions: readonly FdAction[], parent: readonly number[]): Record<number, string> {
  const child = new Map(parent.map((fd) => [fd, `#${fd}`]));
  for (const action of actions) {
    if (action.do === 'open_null') child.set(action.fd, 'null');
    else if (action.do === 'close') child.delete(action.fd);
    else if (action.do === 'close_from') for (const fd of [...child.keys()]) fd >= action.fd && child.delete(fd);
    else {
      const source = child.get(action.from);
      if (source === undefined) throw new Error(`${action.from} is not open`);
      child.set(action.to, source);
    }
  }
  return Object.fromEntries(child);
}

describe('the descriptors of a child', () => {
  const PARENT = [0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23];
  const cases: readonly [string, Record<number, number | null>][] = [
    ['its own three', { 0: null, 1: 1, 2: 2 }],
    ['nothing but /dev/null', { 0: null, 1: null, 2: null }],
    ['two that change places', { 0: null, 1: 2, 2: 1 }],
    ['two high ones that change places', { 0: null, 1: null, 2: null, 22: 23, 23: 22 }],
    ['three in a ring', { 0: null, 1: 1, 2: 2, 3: 4, 4: 5, 5: 3 }],
    ['a chain of four', { 0: null, 1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 7 }],
    ['a chain the other way', { 0: null, 1: 1, 2: 2, 4: 3, 5: 4, 6: 5 }],
    ['the same one under many numbers', { 0: 5, 1: 5, 2: 5, 5: 5, 9: 5 }],
    ['one that is wanted elsewhere, under a number that becomes /dev/null', { 0: 5, 1: 1, 2: 2, 5: null }],
    ['numbers with gaps between', { 0: null, 1: 1, 2: 2, 7: 4, 20: 3 }],
  ];
  for (const [title, table] of cases) {
    it(`are exactly those asked for: ${title}`, () => {
      const entries = Object.entries(table).map(([fd, source]): [number, number | null] => [Number(fd), source]);
      const wanted = Object.fromEntries(entries.map(([fd, source]) => [fd, source === null ? 'null' : `#${source}`]));
      expect(carriedOut(fdActions(new Map(entries)), PARENT)).to.deep.equal(wanted);
      expect(carriedOut(fdActions(new Map(entries.reverse())), PARENT)).to.deep.equal(wanted);
    });
  }

  it('are right for any table', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let round = 0; round < 2000; round++) {
      const table = new Map<number, number | null>();
      for (let count = random(8); count >= 0; count--)
        table.set(random(12), random(5) === 0 ? null : (PARENT[random(PARENT.length)] ?? null));
      const wanted = Object.fromEntries([...table].map(([fd, source]) => [fd, source === null ? 'null' : `#${source}`]));
      expect(carriedOut(fdActions(table), PARENT)).to.deep.equal(wanted);
    }
  });
});
