import { expect } from 'chai';
import { LateLines } from '../../../core/cli/late-lines.js';
import { eventually } from '../../../core/testing.js';

describe('lines of the log that come late', () => {
  it('are written in their order, after what is due in the same turn of the event loop', async () => {
    const lines = new LateLines();
    const seen: string[] = [];
    const begun_ms = Date.now();
    const times: number[] = [];
    for (const text of ['one', 'two']) {
      lines.add(() => {
        seen.push(text);
        times.push(lines.now_ms);
      });
    }
    const asked_ms = Date.now();
    setImmediate(() => seen.push('due'));
    await eventually(() => seen.length === 3, { what: 'both lines' });
    expect(seen).to.deep.equal(['due', 'one', 'two']);
    expect(Math.min(...times)).to.be.at.least(begun_ms);
    expect(Math.max(...times)).to.be.at.most(asked_ms);
  });

  it('are written at once where that is asked for, and only then', async () => {
    const lines = new LateLines();
    const seen: string[] = [];
    lines.add(() => seen.push('one'));
    lines.flush();
    expect(seen).to.deep.equal(['one']);
    lines.add(() => seen.push('two'));
    await eventually(() => seen.length > 1, { what: 'the other line' });
    expect(seen).to.deep.equal(['one', 'two']);
  });
});
