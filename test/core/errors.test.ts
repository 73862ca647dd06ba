import { expect } from 'chai';
import { explain } from '../../core/errors.js';

describe('the text of an error', () => {
  it('has that of its cause after it, unless it is in it already', () => {
    const cause = new Error('address already in use (EADDRINUSE)');
    expect(explain(new Error('cannot begin', { cause }))).to.equal('cannot begin: address already in use (EADDRINUSE)');
    expect(explain(new Error('plugin "chaos" failed', { cause: new Error('chaos') }))).to.equal('plugin "chaos" failed: chaos');
    const told = new Error('cannot open socket "web": address already in use (EADDRINUSE), held by pid 7', { cause });
    expect(explain(told)).to.equal('cannot open socket "web": address already in use (EADDRINUSE), held by pid 7');
  });
});
