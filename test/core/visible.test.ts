import { expect } from 'chai';
import { visible, visibleLines } from '../../core/visible.js';

describe('what a terminal is given', () => {
  const text = 'a\u001b]0;title\u0007\r\n\tb\u009b31m\u007f ü';

  it('has shown what would be an order to it, and ends of lines', () => {
    expect(visible(text)).to.equal('a\\u001b]0;title\\u0007\\r\\n\\tb\\u009b31m\\u007f ü');
  });

  it('keeps the lines of what has several', () => {
    expect(visibleLines(text)).to.equal('a\\u001b]0;title\\u0007\\r\n\tb\\u009b31m\\u007f ü');
  });
});
