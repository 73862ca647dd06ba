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

  it('keeps no more than 4 MiB of what may be dropped, the newest, while nobody reads', () => {
    const stream = new PassThrough();
    const outbox = new Outbox(stream, () => []);
    const args = (at: number): object => ({ at, text: 'x'.repeat(65_536) });
    for (let at = 0; at < 100; at++) outbox.send({ type: 'hook', tap: 1, hook: 'output', args: { ...args(at) } }, true);
    expect(outbox.dropped).to.be.within(35, 40);
    let text = '';
    for (let part = stream.read(); part !== null; part = stream.read()) text += part;
    const sent = text
      .trim()
      .split('\n')
      .map((line): number => JSON.parse(line).args.at);
    expect(sent).to.deep.equal([0, ...Array.from({ length: 99 - outbox.dropped }, (_, at) => at + 1 + outbox.dropped)]);
  });
});
