import { expect } from 'chai';
import { parseMessage } from '../../../core/isolation/message-check.js';

describe('a line from a guest', () => {
  it('is a message, with its defaults', () => {
    expect(parseMessage('{"type":"log","message":"hello"}')).to.deep.equal({ type: 'log', message: 'hello', level: 'info', fields: {} });
    expect(parseMessage('{"type":"tap","tap":1,"hook":"ready","more":true}')).to.deep.equal({
      ...{ type: 'tap', tap: 1, hook: 'ready', more: true, options: {} },
    });
  });

  const WRONG: readonly (readonly [string, string])[] = [
    ['{"type":"log"}', 'log: message is missing; it must be text: '],
    ['{"type":"log","message":"a","level":"loud"}', 'log: level must be one of debug, info, warn, error, got "loud": '],
    ['{"type":"answer","call":1,"error":{"code":"RM_CLOSED"}}', 'answer: error must be '],
    ['{"type":"nothing"}', 'its type must be one of describe, tap, '],
    ['[]', 'its type must be one of describe, tap, '],
    ['no message', 'Unexpected token'],
  ];
  for (const [line, says] of WRONG) it(`that is ${line} is none, and why is told`, () => expect(parseMessage(line)).to.include(says));
});
