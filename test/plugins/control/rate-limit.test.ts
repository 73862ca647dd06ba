import { expect } from 'chai';
import { RingmasterError, silentLogger } from '../../../core/index.js';
import { VirtualClock } from '../../../core/testing.js';
import { Admission } from '../../../plugins/control/admission.js';
import { RateLimit } from '../../../plugins/control/rate-limit.js';
import { openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

describe('control: how much a client may send', () => {
  it('is so much at once, and as much as time gives after that', () => {
    const limit = new RateLimit(10, 20);
    for (let count = 0; count < 20; count++) expect(limit.take('a', 1, 0)).to.equal(0);
    expect(limit.take('a', 1, 0)).to.equal(1);
    expect(limit.take('a', 1, 100)).to.equal(0);
    expect(limit.take('a', 1, 100)).to.be.above(0);
    for (let count = 0; count < 20; count++) expect(limit.take('a', 1, 1_000_000)).to.equal(0);
    expect(limit.take('a', 1, 1_000_000)).to.be.above(0);
  });

  it('is its own for each', () => {
    const limit = new RateLimit(1, 1);
    expect(limit.take('a', 1, 0)).to.equal(0);
    expect(limit.take('a', 1, 0)).to.be.above(0);
    expect(limit.take('b', 1, 0)).to.equal(0);
  });

  it('lets what costs more than may be sent at once pass, and has what follows wait for it', () => {
    const limit = new RateLimit(10, 20);
    expect(limit.take('a', 120, 0)).to.equal(0);
    expect(limit.take('a', 1, 0)).to.equal(10_000);
    expect(limit.take('a', 1, 9999)).to.be.within(1, 2);
    expect(limit.take('a', 1, 10_001)).to.equal(0);
  });

  it('is forgotten of those who have stopped, so that clients that come and go fill no memory', () => {
    const limit = new RateLimit(10, 20);
    for (let client = 0; client < 100_000; client++) limit.take(String(client), 1, client);
    expect(limit.size).to.be.below(3000);
    for (let count = 0; count < 20; count++) limit.take('busy', 1, 200_000);
    for (let client = 0; client < 10_000; client++) limit.take(`x${client}`, 1, 200_000);
    expect(limit.take('busy', 1, 200_000)).to.be.above(0);
  });

  it('counts for a key however many connections it has, and for no key that a connection is called like', () => {
    const clock = new VirtualClock();
    const admission = new Admission({ clock, log: silentLogger, max_requests_per_s: 5 });
    for (let connection = 0; connection < 10; connection++) {
      admission.admit(String(connection), 10);
      admission.admitKey('key laptop');
    }
    expect(() => admission.admitKey('key laptop'))
      .to.throw(RingmasterError, 'too many requests: at most 5 a second of one client, try again in 1 ms')
      .with.property('code', 'RM_REQUEST_RATE');
    expect(() => admission.admit('key laptop', 10)).to.not.throw();
    expect(admission.limited).to.equal(1);
  });

  it('ends in an error for each request that is one too many, while others are answered', async () => {
    await using host = await openHost({}, { max_requests_per_s: 50 });
    host.supervisor.watch('web');
    using flood = new Wire(host.endpoint);
    using other = new Wire(host.endpoint);
    const begun_ms = performance.now();
    for (let id = 0; id < 400; id++) await flood.send(JSON.stringify({ id, command: 'incr', properties: { name: 'web' } }));
    const replies = [];
    for (let id = 0; id < 400; id++) replies.push(await flood.receive());
    const limited = replies.filter(({ status }) => status === 'error');
    // All but 100 at once and 50 a second.
    expect(limited.length).to.be.within(300 - Math.ceil((performance.now() - begun_ms) / 20), 300);
    expect(new Set(replies.map(({ id }) => id)).size).to.equal(400);
    expect(limited[0]).to.deep.include({ code: 'RM_REQUEST_RATE', errno: 5 });
    expect(limited[0]).to.have.nested.property('context.retry_in_ms').that.is.a('number');
    expect(await other.ask({ id: 'mine', command: 'list' })).to.include({ status: 'ok', id: 'mine' });
    const { entries } = await other.ask({ command: 'audit' });
    expect(JSON.stringify(entries)).to.not.include('too many requests');
    const metric = host.registry.handle('test', 'metric', host.scope).find('ringmaster_control_limited_requests_total');
    expect(metric?.value.collect()).to.deep.equal([{ value: limited.length }]);
  });

  it('answers what is long and one too many without reading it', async () => {
    await using host = await openHost({}, { max_requests_per_s: 1 });
    using wire = new Wire(host.endpoint);
    const long = { id: 'long', command: 'list', properties: { fill: 'x'.repeat(100_000) } };
    expect(await wire.ask(long)).to.include({ id: 'long' });
    expect(await wire.ask(long)).to.include({ id: null, code: 'RM_REQUEST_RATE' });
    expect(await wire.ask({ id: 'short', command: 'list' })).to.include({ id: 'short', code: 'RM_REQUEST_RATE' });
  });
});
