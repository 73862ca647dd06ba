import { expect } from 'chai';
import type { LogLine } from '../../../core/testing.js';
import { eventually, noLeaks, recordingLogger } from '../../../core/testing.js';
import { Client } from '../../../plugins/statsd_client/client.js';
import { cachedLookup } from '../../../plugins/statsd_client/lookup.js';
import { message, sample } from '../../../plugins/statsd_client/message.js';
import { UdpSender } from '../../../plugins/statsd_client/udp.js';
import { listenOnUdp } from '../../fixtures/udp.js';

describe('statsd_client: messages', () => {
  const figure = { name: 'circus.app.watcher.web.spawn', value: 1, type: 'c', rate: 1, tags: '' } as const;
  const cases: readonly [string, Parameters<typeof message>[0], string][] = [
    ['a counter', figure, 'circus.app.watcher.web.spawn:1|c'],
    ['a gauge', { ...figure, type: 'g', value: '2.0' }, 'circus.app.watcher.web.spawn:2.0|g'],
    ['a time', { ...figure, type: 'ms', value: 12 }, 'circus.app.watcher.web.spawn:12|ms'],
    ['a share', { ...figure, rate: 0.25 }, 'circus.app.watcher.web.spawn:1|c|@0.25'],
    ['tags', { ...figure, rate: 0.5, tags: 'env:prod,role:web' }, 'circus.app.watcher.web.spawn:1|c|@0.5|#env:prod,role:web'],
    ['a name with characters of the protocol', { ...figure, name: 'a:b|c@d\ne' }, 'a_b_c_d_e:1|c'],
  ];
  for (const [title, given, expected] of cases) it(`has ${title}`, () => expect(message(given)).to.equal(expected));

  it('lets the asked share through, evenly and beginning with the first', () => {
    for (const [rate, pattern] of [
      [1, '1111111111'],
      [0.5, '1010101010'],
      [0.1, '1000000000'],
      [0.4, '1001010010'],
    ] as const) {
      let left: number | undefined;
      const sent = Array.from({ length: 1000 }, () => {
        const share = sample(rate, left);
        left = share.left;
        return share.sent ? '1' : '0';
      });
      expect(sent.slice(0, 10).join(''), String(rate)).to.equal(pattern);
      expect(sent.filter((one) => one === '1')).to.have.length(1000 * rate);
    }
  });
});

describe('statsd_client: figures', () => {
  const client = (target: object = {}): { readonly client: Client; readonly sent: string[] } => {
    const sent: string[] = [];
    const sender = { send: (text: string) => void sent.push(text), close: () => Promise.resolve() };
    return { client: new Client({ application_name: 'app', host: '', port: 1, sample_rate: 1, tags: '', ...target }, sender), sent };
  };

  it("have Circus's prefix", () => {
    const { client: statsd, sent } = client({ application_name: 'shop', tags: 'a:b' });
    statsd.increment('web.spawn');
    statsd.gauge('_stats.web.cpu_max', 1.5);
    statsd.timing('http_stats.request_time', 7);
    expect(sent).to.deep.equal([
      'circus.shop.watcher.web.spawn:1|c|#a:b',
      'circus.shop.watcher._stats.web.cpu_max:1.5|g|#a:b',
      'circus.shop.watcher.http_stats.request_time:7|ms|#a:b',
    ]);
  });

  it('leaves counters out by name, so that two that take turns are both counted, and gauges never', () => {
    const { client: statsd, sent } = client({ sample_rate: 0.5 });
    for (let at = 0; at < 4; at++) {
      statsd.increment('kill');
      statsd.increment('reap');
      statsd.gauge('size', at);
    }
    const of = (name: string): number => sent.filter((text) => text.includes(name)).length;
    expect([of('kill:1|c|@0.5'), of('reap:1|c|@0.5'), of('size')]).to.deep.equal([2, 2, 4]);
    expect(sent).to.include('circus.app.watcher.size:0|g');
  });
});

describe('statsd_client: UDP', () => {
  noLeaks();

  it('reaches a host by name and by address', async () => {
    await using server = await listenOnUdp();
    for (const host of ['localhost', '127.0.0.1']) {
      const sender = new UdpSender({ host, port: server.port }, recordingLogger([]));
      sender.send(`by ${host}`);
      sender.send('again');
      await eventually(() => server.messages.includes(`by ${host}`) && server.messages.at(-1) === 'again');
      await sender.close();
    }
  });

  it('tells once that nothing can be sent, and never throws', async () => {
    const lines: LogLine[] = [];
    const sender = new UdpSender({ host: '127.0.0.1', port: 8125 }, recordingLogger(lines));
    const tooLong = 'x'.repeat(70_000);
    for (let at = 0; at < 5; at++) sender.send(tooLong);
    await eventually(() => lines.length > 0);
    sender.send(tooLong);
    await sender.close();
    await sender.close();
    sender.send('after the end');
    expect(lines.map(({ message: text }) => text)).to.deep.equal(['figures are not sent to statsd']);
  });

  it('looks a name up once for many messages, and loses what is too many to wait', async () => {
    const lookUp = cachedLookup(4);
    const found: string[] = [];
    const ask = (): void => lookUp('localhost', {}, (error, address) => found.push(error === null ? address : error.message));
    for (let at = 0; at < 1001; at++) ask();
    await eventually(() => found.length === 1001);
    expect(found.filter((one) => one === '127.0.0.1')).to.have.length(1000);
    expect(found).to.include('no address of localhost yet');
    ask();
    expect(found, 'never at once').to.have.length(1001);
    await eventually(() => found[1001] === '127.0.0.1');
  });
});
