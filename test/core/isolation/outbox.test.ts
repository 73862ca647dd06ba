import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { Outbox } from '../../../core/isolation/outbox.js';

describe('the outbox of a guest', () => {
  it('refuses a message that can not be JSON, and sends the next', () => {
    const stream = new PassThrough();
    const outbox = new Outbox(stream, () => []);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const value of [1n, circle]) expect(() => outbox.send({ type: 'reply', call: 1, value })).to.throw(TypeError);
    outbox.send({ type: 'ping' });
    expect(String(stream.read())).to.equal('{"type":"ping"}\n');
  });
});
