import { expect } from 'chai';
import { FaultBudget } from '../../../core/fault-budget.js';

describe('fault budget', () => {
  it('is spent by failures in a row in one place', () => {
    const budget = new FaultBudget();
    expect(budget.failed('hook ready', 0, 3)).to.equal(null);
    expect(budget.failed('a timer', 1e6, 3)).to.equal(null);
    expect(budget.failed('hook ready', 2e6, 3)).to.equal(null);
    expect(budget.failed('hook ready', 3e6, 3)).to.equal('3 failures in a row in hook ready');
  });

  it('begins anew after a success in the same place, and in no other', () => {
    const budget = new FaultBudget();
    budget.failed('hook ready', 0, 2);
    budget.succeeded('a timer');
    expect(budget.status(2, 0)).to.deep.equal({ allowed: 2, in_a_row: 1, last_minute: 1 });
    budget.succeeded('hook ready');
    expect(budget.failed('hook ready', 0, 2)).to.equal(null);
  });

  it('is spent by six times as many within a minute, successes or not', () => {
    const failures = (every_ms: number): (string | null)[] => {
      const budget = new FaultBudget();
      return Array.from({ length: 30 }, (_, count) => {
        budget.succeeded('hook event');
        return budget.failed('hook event', count * every_ms, 2);
      });
    };
    const quick = failures(5000);
    expect(quick.findIndex((why) => why !== null)).to.equal(11);
    expect(quick[11]).to.equal('12 failures within a minute');
    expect(failures(6000).every((why) => why === null)).to.equal(true);
  });

  it('of none is never spent, and still tells how many there were', () => {
    const budget = new FaultBudget();
    for (let count = 0; count < 100; count++) expect(budget.failed('a timer', 0, 0)).to.equal(null);
    expect(budget.status(0, 0)).to.include({ allowed: 0, in_a_row: 100 });
  });
});
