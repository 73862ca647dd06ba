import { expect } from 'chai';
import { eventually } from '../../../core/testing/eventually.js';
import { Daemon, type Reply } from '../../fixtures/interop/daemon.js';

const SECTIONS = `
[watcher:My Web]
cmd = sleep 300
numprocesses = 2
priority = 5
[watcher:single]
cmd = sleep 300
singleton = True
[watcher:once]
cmd = sleep 300
respawn = False
[watcher:off]
cmd = sleep 300
autostart = False
`;

const WEB = { name: 'my web' };
const inTurn = (name: string): string[] => [`${name}.kill`, `${name}.reap -15`, `${name}.spawn`];
const twice = (topic: string): string[] => [topic, topic];
const DOWN = [...twice('my_web.kill'), ...twice('my_web.reap -15'), 'my_web.stop'];
const UP = [...twice('my_web.spawn'), 'my_web.start'];
const RENEWED = [...twice('my_web.spawn'), ...twice('my_web.kill'), 'my_web.reload'];

/** Command, properties, topics in order, keys of the reply's info: one after the other on the same daemon. */
const STORY: readonly (readonly [string, object, readonly string[], (readonly string[])?])[] = [
  ['incr', WEB, ['my_web.spawn']],
  ['decr', WEB, ['my_web.kill']],
  ['stop', WEB, DOWN],
  ['stop', WEB, []],
  ['start', WEB, UP, ['kept', 'started']],
  ['start', WEB, [], ['kept', 'started']],
  ['restart', { name: 'my*' }, [...DOWN, ...UP], ['kept', 'started', 'stopped']],
  ['restart', { name: 'MY.w', match: 'regex' }, [...DOWN, ...UP], ['kept', 'started', 'stopped']],
  ['reload', WEB, RENEWED, ['kept', 'started', 'stopped']],
  ['reload', { ...WEB, graceful: false }, [...DOWN, ...UP], ['kept', 'started', 'stopped']],
  ['reload', { ...WEB, sequential: true }, [...twice('my_web').flatMap(inTurn), 'my_web.reload'], ['kept', 'started', 'stopped']],
  ['reload', { name: 'single', sequential: true }, [...inTurn('single'), 'single.reload'], ['kept', 'started', 'stopped']],
  ['decr', WEB, ['my_web.kill']],
  ['incr', WEB, ['my_web.spawn']],
  ['set', { ...WEB, options: { shell: true } }, ['my_web.updated', ...RENEWED]],
  ['set', { ...WEB, options: { max_retry: 3, warmup_delay: 0 } }, twice('my_web.updated')],
  ['start', { name: 'off' }, ['off.spawn', 'off.start'], ['kept', 'started']],
  ['stop', { name: 'off' }, ['off.kill', 'off.reap -15', 'off.stop']],
  ['add', { name: 'Extra', cmd: 'sleep 300', start: true }, ['extra.add', 'extra.spawn', 'extra.start']],
  ['rm', { name: 'extra' }, ['extra.remove', 'extra.kill', 'extra.reap -15', 'extra.stop']],
];

describe('interop: events', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await Daemon.start(SECTIONS);
  });
  after(() => daemon[Symbol.asyncDispose]());

  for (const [command, properties, topics, info] of STORY) {
    it(`${command} ${JSON.stringify(properties)} is told as ${topics.join(', ') || 'nothing'}`, async () => {
      const reply = await daemon.wait(command, properties);
      expect(reply).to.include({ status: 'ok' });
      if (command === 'stop') expect(reply.info).to.equal(null);
      if (info) expect(Object.keys(reply.info as Reply).sort()).to.deep.equal(info);
      expect(await daemon.topics()).to.deep.equal(topics);
    });
  }

  it('tells of a death by a signal and of its replacement, with pids and times', async () => {
    const [pid = 0, other] = await daemon.pids('my web');
    expect(await daemon.ask('signal', { ...WEB, pid, signum: 'KILL' })).to.include({ status: 'ok' });
    await eventually(async () => (await daemon.pids('my web')).filter((found) => found !== pid && found !== other).length === 1);
    const events = await daemon.events();
    expect(events.map(([topic]) => topic)).to.deep.equal(['my_web.reap', 'my_web.spawn']);
    expect(events[0]?.[1]).to.deep.include({ process_pid: pid, exit_code: -9 });
    for (const [, body] of events) expect(body.time).to.be.closeTo(Date.now() / 1000, 60);
  });

  it('kill is told by kill alone, the replacements by spawn', async () => {
    await daemon.wait('kill', WEB);
    await eventually(async () => (await daemon.pids('my web')).length === 2);
    expect([...(await daemon.topics())].sort()).to.deep.equal([...twice('my_web.kill'), ...twice('my_web.spawn')]);
  });

  it('with respawn off the death of the last process stops the watcher', async () => {
    await daemon.ask('signal', { name: 'once', signum: 'INT' });
    await eventually(async () => (await daemon.ask('status', { name: 'once' })).status === 'stopped');
    expect(await daemon.topics()).to.deep.equal(['once.reap -2', 'once.stop']);
    expect(await daemon.ask('numprocesses', { name: 'once' })).to.include({ numprocesses: 0 });
  });

  it('start and restart of several leave alone what is stopped without autostart', async () => {
    for (const [command, properties] of [
      ['start', { name: 'o*' }],
      ['restart', { name: 'o*' }],
      ['restart', {}],
      ['start', {}],
    ] as const) {
      expect(await daemon.wait(command, properties))
        .to.include({ status: 'ok' })
        .and.not.have.property('info');
      expect((await daemon.topics()).filter((topic) => topic.startsWith('off'))).to.deep.equal([]);
    }
    expect((await daemon.ask('status')).statuses).to.deep.equal({
      'My Web': 'active',
      single: 'active',
      once: 'active',
      off: 'stopped',
      fence: 'stopped',
    });
  });

  it('a graceful reload gives the worker ids n+1 … 2n, and the next one 1 … n again', async () => {
    for (const wids of [
      [3, 4],
      [1, 2],
    ]) {
      await daemon.wait('restart', WEB);
      if (wids[0] === 1) await daemon.wait('reload', WEB);
      await daemon.wait('reload', WEB);
      const { info } = await daemon.ask('stats', WEB);
      expect(Object.values(info as Record<string, Reply>).map(({ wid }) => wid)).to.have.members(wids);
    }
  });

  it('a quick query is answered while a slow one is under way', async () => {
    // A second lies between the start of the first process and that of the other.
    await daemon.ask('set', { ...WEB, options: { warmup_delay: 1 } });
    const slow = { id: 'slow', command: 'restart', properties: { ...WEB, waiting: true } };
    const fast = { id: 'fast', command: 'status', properties: WEB };
    const [first, second] = await daemon.inOneGo(slow, fast);
    expect(first?.id).to.equal('fast');
    expect(first?.status).to.be.oneOf(['stopping', 'starting']);
    expect(second).to.include({ id: 'slow', status: 'ok' });
    expect(second?.info).to.have.keys('started', 'stopped', 'kept');
    await daemon.ask('set', { ...WEB, options: { warmup_delay: 0 } });
  });

  it('reloadconfig changes what differs and nothing else', async () => {
    const [web, single] = [await daemon.pids('my web'), await daemon.pids('single')];
    await daemon.events();
    daemon.write(`${SECTIONS.replace('numprocesses = 2', 'numprocesses = 3')}[watcher:late]\ncmd = sleep 300\n`);
    expect(await daemon.wait('reloadconfig')).to.include({ status: 'ok' });
    expect(await daemon.pids('my web'))
      .to.include.members([...web])
      .and.have.lengthOf(3);
    expect(await daemon.pids('single')).to.deep.equal(single);
    expect(await daemon.topics()).to.have.members(['late.add', 'late.spawn', 'late.start', 'my_web.spawn']);
    daemon.write('[watcher:late]\nnumprocesses = x\n');
    expect(await daemon.wait('reloadconfig')).to.include({ status: 'error', errno: 5, code: 'RM_CONFIG_INVALID' });
    expect(await daemon.pids('single')).to.deep.equal(single);
  });
});

describe('interop: the end of the daemon', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    it(`${signal} ends the children, then the daemon, with status 0`, async () => {
      await using daemon = await Daemon.start(SECTIONS);
      const pids = [...(await daemon.pids('my web')), ...(await daemon.pids('single'))];
      expect(pids).to.have.lengthOf(3);
      expect(await daemon.end(signal)).to.equal(0);
      for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw('ESRCH');
    });
  }

  it('quit ends the daemon with status 0, and is answered when everything is stopped', async () => {
    await using daemon = await Daemon.start(SECTIONS);
    const [pid = 0] = await daemon.pids('single');
    const ended = new Promise((resolve) => daemon.process.once('exit', resolve));
    expect(await daemon.wait('quit')).to.include({ status: 'ok' });
    expect(() => process.kill(pid, 0)).to.throw('ESRCH');
    expect(await ended).to.equal(0);
  });
});
