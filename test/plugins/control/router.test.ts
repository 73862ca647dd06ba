import { expect } from 'chai';
import { Dealer } from 'zeromq';
import { silentLogger } from '../../../core/index.js';
import { eventually } from '../../../core/testing.js';
import { ControlRouter } from '../../../plugins/control/router.js';
import { Wire } from '../../fixtures/control/wire.js';

describe('control: router', () => {
  it('drops and counts replies to a client that does not read, and serves others', async () => {
    const reply = JSON.stringify({ pad: 'x'.repeat(100_000) });
    const router = await ControlRouter.open({
      endpoint: 'tcp://127.0.0.1:*',
      endpoint_owner: null,
      max_message_bytes: 1000,
      max_unread_replies: 5,
      flush_ms: 0,
      log: silentLogger,
    });
    let received = 0;
    router.receive((client) => {
      received++;
      router.send(client, reply);
    });
    const deaf = new Dealer({ linger: 0, receiveHighWaterMark: 1 });
    deaf.connect(router.endpoint);
    let sent = 0;
    while (router.dropped_replies === 0 && sent < 2000) {
      await deaf.send('x');
      await eventually(() => received > sent, { what: 'the request' });
      sent++;
    }
    expect(router.dropped_replies).to.equal(1);
    using other = new Wire(router.endpoint);
    expect(await other.ask('y')).to.have.property('pad');
    deaf.close();
    await router.close();
  });

  it('counts a reply to a client that is gone', async () => {
    const router = await ControlRouter.open({
      endpoint: 'tcp://127.0.0.1:*',
      endpoint_owner: null,
      max_message_bytes: 1000,
      max_unread_replies: 5,
      flush_ms: 0,
      log: silentLogger,
    });
    router.send('nobody', '{}');
    await eventually(() => router.dropped_replies === 1, { what: 'the count' });
    await router.close();
    router.send('nobody', '{}');
    expect(router.dropped_replies).to.equal(1);
  });
});
