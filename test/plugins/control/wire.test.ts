import { expect } from 'chai';
import { RingmasterError } from '../../../core/index.js';
import { eventually } from '../../../core/testing.js';
import { type Host, openHost } from '../../fixtures/control/host.js';
import { Wire } from '../../fixtures/control/wire.js';

describe('control: on the wire', () => {
  let host: Host;
  let wire: Wire;
  beforeEach(async () => {
    host = await openHost({}, { max_message_bytes: 100_000, max_in_flight: 3 });
    host.supervisor.watch('Web');
    wire = new Wire(host.endpoint);
  });
  afterEach(async () => {
    wire[Symbol.dispose]();
    await host[Symbol.asyncDispose]();
  });

  const refused: readonly (readonly [what: string, message: string | Uint8Array | object, errno: number, reason: string | RegExp])[] = [
    ['an empty body', '', 1, 'json invalid'],
    ['a blank body', ' \n ', 1, 'json invalid'],
    ['what is no JSON', '{', 1, 'json invalid'],
    ['NaN', '{"id": NaN}', 1, 'json invalid'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 1, 'json invalid'],
    ['a byte order mark', '\ufeff{"command": "list"}', 1, 'json invalid'],
    ['noise', new Uint8Array(99_000).fill(0xaa), 1, 'json invalid'],
    ...(['{', ' ', '\u00aa'] as const).map((text): readonly [string, string, number, RegExp] => [
      `a message of ${JSON.stringify(text)} that is too big`,
      text.repeat(100_001),
      3,
      /^message too big: \d+ bytes, at most 100000 are read$/,
    ]),
    ['a list', [1], 3, 'message invalid, must be an object, got a list'],
    ['a number', '7', 3, 'message invalid, must be an object, got 7'],
    ['null', 'null', 3, 'message invalid, must be an object, got None'],
    ['text', '"list"', 3, "message invalid, must be an object, got 'list'"],
    ['deep nesting', '['.repeat(50_000), 1, 'json invalid'],
    ['no command', {}, 3, "message invalid 'command' is missing"],
    ['a command that is no text', { command: 5 }, 3, "message invalid 'command' must be text, got 5"],
    ['a command that is a list', { command: ['list'] }, 3, "message invalid 'command' must be text, got a list"],
    ['an unknown command', { command: 'nope' }, 2, "unknown command: 'nope'"],
    ['a name of Object', { command: 'constructor' }, 2, "unknown command: 'constructor'"],
    ['properties that are a list', { command: 'list', properties: [] }, 3, "message invalid 'properties' must be an object, got a list"],
    ['a missing property', { command: 'incr' }, 3, "message invalid 'name' is missing"],
    ['the first of two missing properties', { command: 'add', properties: {} }, 3, "message invalid 'name' is missing"],
    ['a name that is no text', { command: 'stop', properties: { name: 5 } }, 3, "message invalid 'name' must be text, got 5"],
    ['a null name', { command: 'stop', properties: { name: null } }, 3, "message invalid 'name' must be text, got null"],
    [
      'an infinite number',
      '{"command": "kill", "properties": {"name": "web", "graceful_timeout": 1e999}}',
      3,
      /'graceful_timeout' must be a number/,
    ],
    ['an unknown watcher', { command: 'incr', properties: { name: 'nope' } }, 3, 'program nope not found'],
    [
      'a message that is too big',
      { command: 'list', properties: { pad: 'x'.repeat(100_000) } },
      3,
      /^message too big: \d+ bytes, at most 100000 are read$/,
    ],
  ];
  for (const [what, message, errno, reason] of refused) {
    it(`answers ${what} with error ${errno}, and the connection goes on`, async () => {
      const reply = await wire.ask(message);
      expect(reply).to.include({ status: 'error', errno, tb: null, id: null });
      expect(reply.reason).to.match(reason instanceof RegExp ? reason : /./);
      if (typeof reason === 'string') expect(reply.reason).to.equal(reason);
      expect(reply).to.include.keys('time', 'code', 'fix', 'context');
      expect(await wire.ask({ id: 1, command: 'list' })).to.include({ status: 'ok', id: 1 });
    });
  }

  for (const id of ['a', 5, 1.5, null, false, ['x', { y: null }], { a: 1 }]) {
    it(`gives back the id ${JSON.stringify(id)}`, async () => {
      expect((await wire.ask({ id, command: 'LIST' })).id).to.deep.equal(id);
    });
  }

  it('gives back the id with an error and with a message that is too big', async () => {
    expect(await wire.ask({ id: 'x', command: 'nope' })).to.include({ id: 'x', errno: 2 });
    expect(await wire.ask({ id: 'y', command: 'list', pad: 'x'.repeat(100_000) })).to.include({ id: 'y', code: 'RM_REQUEST_TOO_BIG' });
  });

  it('replies with seconds since the epoch and takes null properties and unknown ones', async () => {
    const before = Date.now() / 1000;
    const reply = await wire.ask({ command: 'list', properties: null });
    expect(reply.time).to.be.within(before - 0.001, Date.now() / 1000);
    expect(await wire.ask({ command: 'list', properties: { colour: 'red' } })).to.include({ status: 'ok' });
  });

  it('drops messages that are not two frames', async () => {
    await wire.send('', '{"id": 1, "command": "list"}');
    await wire.send('{"id": 2, "command": "list"}', 'more', 'and more');
    expect(await wire.ask({ id: 3, command: 'list' })).to.include({ id: 3 });
  });

  it('never answers a cast, right or wrong', async () => {
    await wire.send(JSON.stringify({ id: 1, command: 'stop', msg_type: 'cast', properties: { name: 'web', waiting: true } }));
    await wire.send(JSON.stringify({ id: 2, command: 'nope', msg_type: 'cast' }));
    await wire.send(JSON.stringify({ id: 3, command: 'incr', msg_type: 'cast' }));
    expect(await wire.ask({ id: 4, command: 'list' })).to.include({ id: 4 });
    expect(host.supervisor.asked).to.deep.equal([['Web.stop']]);
  });

  it('ends the connection of a client whose message is far too big, and serves others', async () => {
    await wire.send(new Uint8Array(500_000));
    using other = new Wire(host.endpoint);
    expect(await other.ask({ id: 1, command: 'list' })).to.include({ id: 1 });
  });

  it('answers a quick request while one that waits is under way', async () => {
    const web = host.supervisor.list[0];
    let open = (): void => {};
    if (web) web.gate = new Promise((resolve) => (open = resolve));
    await wire.send(JSON.stringify({ id: 'slow', command: 'stop', properties: { name: 'web', waiting: true } }));
    expect(await wire.ask({ id: 'quick', command: 'list' })).to.include({ id: 'quick' });
    open();
    expect(await wire.receive()).to.include({ id: 'slow', info: null });
  });

  it('refuses more requests of one client than may be in flight, and takes them again afterwards', async () => {
    const web = host.supervisor.list[0];
    let open = (): void => {};
    if (web) web.gate = new Promise((resolve) => (open = resolve));
    const stop = (id: number): string => JSON.stringify({ id, command: 'stop', properties: { name: 'web', waiting: true } });
    for (const id of [1, 2, 3]) await wire.send(stop(id));
    expect(await wire.ask(stop(4))).to.include({ id: 4, errno: 5, code: 'RM_REQUEST_TOO_MANY' });
    using other = new Wire(host.endpoint);
    expect(await other.ask({ id: 'other', command: 'list' })).to.include({ status: 'ok' });
    open();
    for (const id of [1, 2, 3]) expect(await wire.receive()).to.include({ id, status: 'ok' });
    expect(await wire.ask(stop(5))).to.include({ id: 5, status: 'ok' });
  });

  it('answers a failure on the way to whoever waits, and ok to whoever does not', async () => {
    const late = await wire.ask({ id: 1, command: 'kill', properties: { name: 'nope', waiting: true } });
    expect(late).to.include({ status: 'error', errno: 6, tb: null, code: 'RM_WATCHER_UNKNOWN' });
    expect(late.reason).to.match(/^server error: program nope/);
    expect(await wire.ask({ id: 2, command: 'kill', properties: { name: 'nope' } })).to.have.all.keys('status', 'time', 'id');
  });

  it('refuses a config that can not be read, whether anybody waits or not, and answers once', async () => {
    host.supervisor.refusal = new RingmasterError('RM_CONFIG_INVALID', ['a.ini:3: error: one\na.ini:9: error: two'], {
      context: { problems: [{ line: 3 }, { line: 9 }] },
    });
    for (const command of ['reloadconfig', 'plan', 'apply']) {
      for (const waiting of [false, true]) {
        const refused = await wire.ask({ id: command, command, properties: { waiting } });
        expect(refused).to.include({ id: command, status: 'error', errno: 5, code: 'RM_CONFIG_INVALID' });
        expect(refused.reason).to.contain('a.ini:3: error: one').and.to.contain('a.ini:9: error: two');
        expect(refused.context).to.deep.equal({ problems: [{ line: 3 }, { line: 9 }] });
      }
    }
    expect(await wire.ask({ id: 'next', command: 'list' })).to.include({ id: 'next', status: 'ok' });
  });

  it('answers whoever still waits when the endpoint closes', async () => {
    const web = host.supervisor.list[0];
    if (web) web.gate = new Promise(() => {});
    await wire.send(JSON.stringify({ id: 1, command: 'stop', properties: { name: 'web', waiting: true } }));
    await eventually(() => host.supervisor.asked.length === 1, { what: 'the stop' });
    await host.supervisor.stop();
    expect(await wire.receive()).to.include({ id: 1, status: 'error', errno: 6, code: 'RM_CLOSED' });
  });

  it('answers quit at once, or when everything is stopped', async () => {
    expect(await wire.ask({ id: 1, command: 'quit' })).to.include({ id: 1, status: 'ok' });
    await using second = await openHost();
    using waiting = new Wire(second.endpoint);
    expect(await waiting.ask({ id: 2, command: 'quit', properties: { waiting: true } })).to.include({ id: 2, status: 'ok' });
  });
});
