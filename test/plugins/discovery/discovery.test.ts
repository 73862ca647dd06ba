import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { type BoundEndpoints, checkConfig, definePlugin } from '../../../core/index.js';
import { createHarness, eventually, type Harness, noLeaks } from '../../../core/testing.js';
import { DEFAULT_ADDRESS, parseAddress } from '../../../plugins/discovery/address.js';
import { findDaemons } from '../../../plugins/discovery/finder.js';
import discovery from '../../../plugins/discovery/index.js';
import { encodeAnswer, isQuestion, reachable, readAnswer } from '../../../plugins/discovery/wire.js';
import { runBin } from '../../fixtures/cli/run-bin.js';
import { Daemon, iniHead } from '../../fixtures/daemon.js';
import { listenOnUdp } from '../../fixtures/udp.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const GROUP = '239.255.77.1';

describe('discovery on the wire', () => {
  it('reads a multicast address, and nothing else', () => {
    expect(parseAddress(DEFAULT_ADDRESS)).to.deep.equal({ group: '237.219.251.97', port: 12027 });
    const wrong = [
      '',
      'udp://10.0.0.1:12027',
      'udp://240.0.0.1:1',
      'tcp://237.0.0.1:1',
      'udp://237.0.0.1',
      'udp://237.0.0.1:0',
      'udp://237.0.0.256:1',
    ];
    expect(wrong.map(parseAddress)).to.deep.equal(wrong.map(() => null));
  });

  it("has Circus's key in an answer that fits into what its clients read", () => {
    const long = `ipc:///${'x'.repeat(100)}`;
    const text = encodeAnswer({ endpoint: long, pubsub_endpoint: long, stats_endpoint: long }, 'h'.repeat(64), 4_194_304);
    expect(JSON.parse(text).endpoint).to.equal(long);
    expect(text.length).to.be.below(1024);
  });

  it('reads the answers of Circus, and its own', () => {
    const own = { endpoint: 'tcp://a:1', pubsub_endpoint: 'tcp://a:2', stats_endpoint: null, host: 'h', pid: 3 };
    expect(readAnswer(bytes(encodeAnswer(own, 'h', 3)))).to.deep.equal(own);
    const circus = { endpoint: 'tcp://a:1', pubsub_endpoint: null, stats_endpoint: null, host: null, pid: null };
    expect(readAnswer(bytes('{"endpoint": "tcp://a:1"}'))).to.deep.equal(circus);
  });

  it('takes everything but an answer for a question', () => {
    for (const text of ['', '""', 'hello', '{}', '[]', 'null', '{"endpoint": 1}']) expect(isQuestion(bytes(text)), text).to.equal(true);
    expect(isQuestion(bytes('{"endpoint": "tcp://a:1"}'))).to.equal(false);
  });

  it('names the sender where a daemon listens at every address', () => {
    expect(['tcp://0.0.0.0:1', 'tcp://*:1', 'tcp://127.0.0.1:1', null].map((one) => reachable(one, '10.0.0.9'))).to.deep.equal([
      'tcp://10.0.0.9:1',
      'tcp://10.0.0.9:1',
      'tcp://127.0.0.1:1',
      null,
    ]);
  });
});

describe('discovery', () => {
  noLeaks();

  const endpoints: BoundEndpoints = { endpoint: 'tcp://0.0.0.0:5', pubsub_endpoint: 'tcp://0.0.0.0:6', stats_endpoint: null };
  const control = definePlugin({
    name: 'control',
    summary: 'Stands for the control plugin.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    setup: ({ provide }) => provide('endpoints', { ...endpoints, bound: endpoints }),
  });

  let port: number;
  beforeEach(async () => {
    await using free = await listenOnUdp();
    port = free.port;
  });

  const announced = async (multicast_endpoint = `udp://${GROUP}:${port}`): Promise<Harness> => {
    const harness = createHarness({ config: { multicast_endpoint, watchers: { web: { cmd: 'web' } } }, plugins: [control, discovery] });
    await harness.start();
    return harness;
  };

  it('tells whoever asks the group where the daemon is, and which one', async () => {
    await using _ = await announced();
    expect(await findDaemons({ group: GROUP, port }, 2000)).to.deep.equal([
      {
        endpoint: 'tcp://127.0.0.1:5',
        pubsub_endpoint: 'tcp://127.0.0.1:6',
        stats_endpoint: null,
        host: hostname(),
        pid: process.pid,
        address: '127.0.0.1',
      },
    ]);
  });

  it('answers any datagram, from any port, as Circus does', async () => {
    await using _ = await announced();
    const client = createSocket('udp4');
    try {
      for (const question of ['""', '\0', 'who is there?']) {
        const answer = once(client, 'message');
        client.send(question, port, '127.0.0.1');
        expect(JSON.parse(String((await answer)[0]))).to.include({ endpoint: 'tcp://0.0.0.0:5' });
      }
    } finally {
      client.close();
    }
  });

  it('shares its port with other daemons, which all answer', async () => {
    await using _one = await announced();
    await using _two = await announced();
    const client = createSocket('udp4');
    let answers = 0;
    client.on('message', () => answers++);
    try {
      client.send('""', port, GROUP);
      await eventually(() => answers === 2);
    } finally {
      client.close();
    }
  });

  it('does not answer the answer of another daemon', async () => {
    await using _ = await announced();
    const client = createSocket('udp4');
    const answers: string[] = [];
    client.on('message', (data) => answers.push(data.toString()));
    try {
      for (const text of ['{"endpoint": "tcp://a:1"}', '""', '{"endpoint": "tcp://a:1"}', '""']) client.send(text, port, '127.0.0.1');
      await eventually(() => answers.length >= 2);
      expect(await findDaemons({ group: GROUP, port }, 1000)).to.have.length(1);
      expect(answers).to.have.length(2);
    } finally {
      client.close();
    }
  });

  it('gives no more than 100 answers in a second', async () => {
    await using harness = await announced();
    const client = createSocket('udp4');
    let answers = 0;
    client.on('message', () => answers++);
    const ask = async (times: number): Promise<void> => {
      for (let sent = 0; sent < times; sent++) await new Promise((done) => client.send('""', port, '127.0.0.1', done));
    };
    try {
      await ask(150);
      await eventually(() => answers >= 100);
      // What was sent has arrived; it is read within a few turns.
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      expect(answers).to.equal(100);
      await harness.clock.advance(1000);
      await ask(1);
      await eventually(() => answers === 101);
    } finally {
      client.close();
    }
  });

  it('stops answering with the daemon', async () => {
    const harness = await announced();
    await harness.stop();
    expect(await findDaemons({ group: GROUP, port }, 100)).to.deep.equal([]);
  });

  for (const [what, address, said] of [
    ['an address that is no group', () => 'udp://10.0.0.1:5', 'multicast_endpoint must be udp://GROUP:PORT'],
    ['a port that is taken', () => `udp://${GROUP}:${port}`, 'EADDRINUSE'],
  ] as const) {
    it(`is off with a warning, and nothing else, for ${what}`, async () => {
      const taken = createSocket('udp4');
      await new Promise<void>((done) => taken.bind(port, done));
      try {
        await using harness = await announced(address());
        const warnings = harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
        expect(warnings).to.have.length(1);
        expect(warnings[0]).to.include('discovery is off: ').and.to.include(said);
        expect(harness.supervisor.find('web')?.status).to.equal('active');
      } finally {
        taken.close();
      }
    });
  }

  it('comes along with multicast_endpoint, and not without', async () => {
    const names = async (more: object): Promise<readonly string[]> => {
      await using harness = createHarness({ config: { watchers: {}, ...more }, plugins: [control] });
      await harness.start();
      return harness.lines.filter(({ fields }) => fields.plugin === 'discovery').map(({ message }) => message);
    };
    expect(await names({ multicast_endpoint: 'nonsense' })).to.have.length(1);
    expect(await names({ multicast_endpoint: '' })).to.deep.equal([]);
    expect(await names({})).to.deep.equal([]);
    expect((await checkConfig({ multicast_endpoint: `udp://${GROUP}:${port}`, watchers: {} })).problems).to.deep.equal([]);
  });

  it('finds a daemon by the command line, and says where there is none', async () => {
    const multicast_endpoint = `udp://${GROUP}:${port}`;
    const discover = (timeout: string, ...more: readonly string[]) =>
      runBin('main', ['discover', '--timeout', timeout, '--multicast_endpoint', multicast_endpoint, ...more]);
    const none = await discover('0.5');
    expect(none).to.deep.include({ status: 1, stdout: '' });
    expect(none.stderr).to.include(`no daemon has answered at ${multicast_endpoint} within 0.5 s`);
    await using daemon = await Daemon.start({ config: (place) => `${iniHead(place)}multicast_endpoint = ${multicast_endpoint}\n` });
    const { stdout, status } = await discover('3', '--json');
    expect(status).to.equal(0);
    const { endpoint, pubsub_endpoint } = daemon.place;
    const found = { endpoint, pubsub_endpoint, stats_endpoint: null, host: hostname(), pid: daemon.pid, address: '127.0.0.1' };
    expect(JSON.parse(stdout)).to.deep.equal({ daemons: [found] });
    const table = await discover('3');
    expect(table.stdout).to.match(new RegExp(`^ADDRESS .*\\n127\\.0\\.0\\.1 .* ${daemon.pid} .*${endpoint}`));
    expect(await runBin('main', ['discover', '--timeout', 'x'])).to.deep.include({ status: 1 });
  });
});
