import { expect } from 'chai';
import { XPublisher } from 'zeromq';
import { Client } from '../../../../plugins/control/client.js';
import { type Answers, StubDaemon } from '../../../fixtures/cli/router.js';
import { type Bin, type Ended, RunningBin, runBin } from '../../../fixtures/cli/run-bin.js';
import { rejects } from '../../../fixtures/control/expect.js';

/** A daemon whose first event, told to whoever subscribes, is as it is given. */
class EventStub implements AsyncDisposable {
  readonly endpoint: string;
  readonly events: string;
  readonly #daemon: StubDaemon;
  readonly #publisher: XPublisher;

  private constructor(daemon: StubDaemon, publisher: XPublisher, body: string) {
    this.endpoint = daemon.endpoint;
    this.events = publisher.lastEndpoint ?? '';
    this.#daemon = daemon;
    this.#publisher = publisher;
    void publisher.receive().then(() => publisher.send(['stat.web.7', body]));
  }

  static async start(body: string): Promise<EventStub> {
    const publisher = new XPublisher({ linger: 0 });
    await publisher.bind('tcp://127.0.0.1:*');
    const daemon = await StubDaemon.start({ globaloptions: () => ({ options: { pubsub_endpoint: publisher.lastEndpoint } }) });
    return new EventStub(daemon, publisher, body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#publisher.close();
    await this.#daemon[Symbol.asyncDispose]();
  }
}

/** What a daemon may answer that is broken, of another version, or no daemon at all. */
const MALFORMED: readonly [Bin, readonly string[], Answers][] = [
  ['main', ['why', 'web'], { why: () => ({ name: 'web', decisions: [{ at: 1e300, wid: null, delay_ms: null, hook: null }] }) }],
  ['circusctl', ['why', 'web'], { why: () => ({ name: 'web', decisions: [null] }) }],
  ['main', ['audit'], { audit: () => ({ entries: [{ time: 'yesterday', properties: {} }] }) }],
  ['main', ['audit', '-f'], { audit: () => ({ entries: [{ time: -1e300, properties: {} }] }) }],
  ['main', ['inspect'], { inspect: () => ({ calls: [{ at: 1e300 }], counts: [{ calls: 1, time_ms: 'long' }] }) }],
  ['main', ['plugins'], { plugins: () => ({ plugins: [null] }) }],
  ['main', ['status'], { status: () => ({ statuses: null }) }],
  ['main', ['status'], { status: () => ({ statuses: { web: 'active' } }), list: () => ({}), get: () => ({}) }],
  ['main', ['plan'], { plan: () => ({ differs: true, steps: [1] }) }],
  ['main', ['greet'], { commands: () => ({ commands: 5 }) }],
  ['main', ['greet'], { commands: () => ({ commands: [{ name: 'greet', usage: '', plugin: 'x' }] }) }],
  ['main', ['logs'], { logs: () => ({ streams: [null] }) }],
  ['main', ['logs'], { logs: () => ({}) }],
  ['main', ['plugins', 'describe', 'backoff'], { plugin_describe: () => ({}) }],
  ['main', ['listen'], { globaloptions: () => ({ options: { pubsub_endpoint: 5 } }) }],
];

describe('control cli: an answer that is not as it should be', () => {
  const asked = async (bin: Bin, args: readonly string[], answers: Answers): Promise<Ended> => {
    await using daemon = await StubDaemon.start(answers);
    return await runBin(bin, [...args, '--endpoint', daemon.endpoint]);
  };

  for (const [bin, args, answers] of MALFORMED) {
    const [what] = Object.keys(answers);
    it(`${bin} ${args.join(' ')} says that it can't understand the reply to ${what}, and what to do: ${JSON.stringify(answers[what ?? '']?.({}))}`, async () => {
      const { stdout, stderr, status } = await asked(bin, args, answers);
      expect(stderr).to.match(/cannot understand the reply to \w+: /);
      expect(stderr)
        .to.include('of the same version')
        .and.not.match(/\n {4}at /);
      // A verb that nobody can tell of is an unknown one.
      expect([stdout, status]).to.deep.equal(['', args[0] === 'greet' ? 2 : 1]);
    });
  }

  it('has a time in an event that is none left out', async () => {
    await using daemon = await StubDaemon.start({});
    const listening = new RunningBin('main', ['listen', '--endpoint', daemon.endpoint]);
    await daemon.subscribed();
    await daemon.publish('watcher.web.reap', { time: 1e300, process_pid: 7 });
    await listening.printed('watcher.web.reap process_pid=7\n');
    listening.child.kill('SIGTERM');
    expect(await listening.ended).to.deep.include({ stderr: '', status: 0 });
  });

  for (const body of ['null', 'no JSON']) {
    for (const bin of ['main', 'circus-top'] as const) {
      it(`ends what ${bin} listens to with word of an event that is ${body}`, async () => {
        await using daemon = await EventStub.start(body);
        const args = bin === 'main' ? ['listen', '--endpoint', daemon.endpoint] : ['--once', '--endpoint', daemon.events];
        const { stdout, stderr, status } = await runBin(bin, args);
        expect(stderr).to.match(/^cannot understand the event stat\.web\.7: .*; see that .*\n$/);
        expect([stdout, status]).to.deep.equal(['', 1]);
      });
    }
  }
});

describe('control client: an answer that is not as it should be', () => {
  it('ends the events that it was to lead to with RM_CLIENT_UNREADABLE', async () => {
    await using daemon = await StubDaemon.start({ globaloptions: () => ({ options: { pubsub_endpoint: 5 } }) });
    using client = new Client({ endpoint: daemon.endpoint });
    await rejects(client.events()[Symbol.asyncIterator]().next(), 'RM_CLIENT_UNREADABLE');
  });

  it('of an event that is none ends them likewise', async () => {
    await using daemon = await EventStub.start('null');
    using client = new Client({ endpoint: daemon.endpoint });
    await rejects(client.events()[Symbol.asyncIterator]().next(), 'RM_CLIENT_UNREADABLE');
  });
});

describe('control cli: orders to the terminal in an answer', () => {
  const order = 'a\u001b]0;b\u0007\u009bc\u007f';
  const isShown = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void => {
    expect(`${stdout}${stderr}`)
      .to.include('\\u009b')
      .and.not.match(/[^\P{Cc}\n]/u);
  };
  const refusal = () => ({ status: 'error', reason: order, fix: order, errno: 1 });
  const about = { name: order, summary: order, hooks: [order], requires: [], schema: { properties: {} }, options: [] };
  const greet = { name: 'greet', usage: '', plugin: order, summary: order, description: order, arguments: [], request: { properties: {} } };
  const answered: readonly [Bin, readonly string[], Answers][] = [
    ['main', ['list', '--json'], { list: () => ({ watchers: [order] }) }],
    ['main', ['stop', '--json'], { stop: refusal }],
    ['main', ['audit', '--json'], { audit: () => ({ entries: [{ who: order }] }) }],
    ['main', ['logs', 'web'], { logs: refusal }],
    ['main', ['logs', 'web'], { logs: () => ({ streams: [{ watcher: order, stream: order, type: order }] }) }],
    ['main', ['plugins', 'describe', 'x'], { plugin_describe: refusal }],
    ['main', ['plugins', 'describe', 'x'], { plugin_describe: () => ({ plugin: about }) }],
    ['main', ['plugins', 'describe', 'x', '--json'], { plugin_describe: () => ({ plugin: about }) }],
    ['main', ['greet', '--json'], { commands: () => ({ commands: [greet] }), greet: () => ({ said: order }) }],
    ['main', ['greet', '--help'], { commands: () => ({ commands: [greet] }) }],
    ['circusctl', ['list', '--json'], { list: () => ({ watchers: [order] }) }],
  ];
  for (const [bin, args, answers] of answered) {
    it(`are shown by ${bin} ${args.join(' ')}`, async () => {
      await using daemon = await StubDaemon.start(answers);
      isShown(await runBin(bin, [...args, '--endpoint', daemon.endpoint]));
    });
  }

  for (const [bin, args] of [
    ['main', ['listen', '--json']],
    ['circusctl', ['listen']],
  ] as const) {
    it(`are shown by ${bin} ${args.join(' ')}, and nothing is changed of JSON by that`, async () => {
      await using daemon = await StubDaemon.start({});
      const where = bin === 'main' ? daemon.endpoint : daemon.pubsub_endpoint;
      const listening = new RunningBin(bin, [...args, '--endpoint', where]);
      await daemon.subscribed();
      await daemon.publish(`watcher.${order}.reap`, { who: order });
      await listening.printed('\n');
      listening.child.kill('SIGTERM');
      const ended = await listening.ended;
      isShown(ended);
      const json = ended.stdout.slice(ended.stdout.lastIndexOf('{'), ended.stdout.lastIndexOf('}') + 1).replace(/\}\}$/, '}');
      expect(JSON.parse(json)).to.deep.equal({ who: order });
    });
  }
});
