import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  type Clock,
  definePlugin,
  explain,
  isRingmasterError,
  RingmasterError,
  Supervisor,
  type SupervisorOptions,
  systemClock,
} from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, type LogLine, noLeaks, recordEvents, recordingLogger, rejects } from '../../../core/testing.js';
import { Daemon } from '../../fixtures/daemon.js';
import { textOf } from '../../fixtures/text-of.js';

const FACTS = resolve('test/fixtures/plugins/isolation/facts.js');
const CHAOS = resolve('test/fixtures/plugins/isolation/chaos.js');
const GIVES_UP = resolve('test/fixtures/plugins/isolation/gives-up.js');
const LAST_WORDS = resolve('test/fixtures/plugins/isolation/last-words.js');
const LOG_ALARM = resolve('examples/plugins/log-alarm/index.mjs');
const ROUNDS = 50;
const TIERS = ['worker', 'process'] as const;

/** Pids of the children of this process that run a guest. */
function guests(): readonly number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1').match(/\d+/g) ?? [];
  return children.map(Number).filter((pid) => textOf(`/proc/${pid}/cmdline`).includes('guest-entry'));
}

const withChaos = (tier: string, deed = 'nothing'): object => ({
  watchers: { web: { cmd: 'sleep 86400' } },
  plugins: { [CHAOS]: { deed, isolation: tier } },
});

function supervisorOf(
  config: object,
  options: SupervisorOptions = {},
): { readonly supervisor: Supervisor; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  return { supervisor: new Supervisor(config, { log: recordingLogger(lines), ...options }), lines };
}

describe('the life of a guest', () => {
  noLeaks();

  for (const tier of TIERS) {
    it(`ends as a ${tier} at whatever moment the supervisor is stopped, and leaves nothing`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { supervisor } = supervisorOf(withChaos(tier));
        const started = supervisor.start().then(
          () => 'started',
          (error: unknown) => (isRingmasterError(error, 'RM_CLOSED') ? 'told so' : error),
        );
        for (let turn = 0; turn < round ** 2; turn++) await new Promise((done) => setImmediate(done));
        await supervisor.stop();
        expect(await started).to.be.oneOf(['started', 'told so']);
        expect(guests()).to.deep.equal([]);
      }
    });

    it(`is told apart from that of another supervisor, as a ${tier}`, async () => {
      const record = recordEvents();
      await using one = new Supervisor({ plugins: { [FACTS]: { greeting: 'one', isolation: tier } } });
      await using other = new Supervisor(
        { watchers: { web: { cmd: 'sleep 86400' } }, plugins: { [FACTS]: { greeting: 'other', isolation: tier } } },
        { plugins: [record.plugin] },
      );
      await Promise.all([one.start(), other.start()]);
      await one.stop();
      const told = (): readonly string[] => record.events.flatMap((event) => (event.name === 'check_recovered' ? [event.body.name] : []));
      await eventually(() => told().includes('timer'));
      expect(told()).to.include('before_start web other 1');
      expect(told().filter((fact) => fact.includes(' one '))).to.deep.equal([]);
    });
  }

  it('begins again after its end, and is detached when it ends too often', async () => {
    // Waits are shorter, deadlines are not.
    const clock: Clock = {
      ...systemClock,
      setTimeout: (fn, delay_ms) => systemClock.setTimeout(fn, delay_ms < 10_000 ? delay_ms / 20 : delay_ms),
    };
    const record = recordEvents();
    const { supervisor, lines } = supervisorOf(withChaos('process'), { clock, plugins: [record.plugin] });
    await using _ = supervisor;
    await supervisor.start();
    const isLogged = (pattern: RegExp): boolean => lines.some(({ message }) => pattern.test(message));
    for (let end = 1; end <= 6; end++) {
      const up = (): number => lines.filter(({ message }) => message.includes('its guest is up again')).length;
      await eventually(() => up() === end - 1, { what: `guest ${end} to be up` });
      const [pid = 0] = guests();
      process.kill(pid, 'SIGKILL');
      await eventually(() => !guests().includes(pid));
    }
    const state = (): object | undefined => supervisor.plugins().find(({ name }) => name === 'chaos');
    await eventually(() => record.names('plugin:chaos').includes('plugin_detached'));
    expect(state()).to.include({ state: 'detached' }).and.to.have.property('owns').that.deep.equals([]);
    expect(state())
      .to.have.property('detached')
      .that.match(/^its guest has ended 6 times in a row; the last: pid \d+ was ended by SIGKILL$/);
    expect(isLogged(/^plugin "chaos" is detached, supervision goes on without it: its guest has ended 6 times in a row/)).to.equal(true);
    expect(isLogged(/in isolation: its guest has ended and is started again in 300 ms: pid \d+ was ended by SIGKILL/)).to.equal(true);
    const outcome = await supervisor.find('web')?.restart();
    expect(outcome?.started).to.have.length(1);
    await supervisor.reconfigurePlugin('chaos', {});
    expect(state()).to.include({ state: 'up' });
    expect(guests()).to.have.length(1);
  });

  for (const tier of ['none', ...TIERS]) {
    it(`ends for good by its own word, and in setup that word fails the start: ${tier}`, async () => {
      const giving = (in_setup: boolean): object => ({ plugins: { [GIVES_UP]: { in_setup, isolation: tier } } });
      const { supervisor } = supervisorOf(giving(false));
      await using _ = supervisor;
      await supervisor.start();
      await eventually(() => supervisor.plugins().some(({ state }) => state === 'detached'));
      expect(supervisor.plugins()[0]?.detached).to.equal('its licence has run out; the last: 1970');
      expect(guests()).to.deep.equal([]);
      const error = await rejects(supervisorOf(giving(true)).supervisor.start(), 'RM_PLUGIN_FAILED');
      expect(explain(error)).to.include('plugin "gives_up" failed in setup: its licence has run out');
    });
  }

  for (const tier of TIERS) {
    for (const end of ['exit', 'throw', 'kill']) {
      if (tier === 'worker' && end === 'kill') continue;
      it(`is told of to its last words: ${end} in a ${tier}`, async () => {
        const { supervisor, lines } = supervisorOf({ plugins: { [LAST_WORDS]: { lines: 900, end, isolation: tier } } });
        await using _ = supervisor;
        await supervisor.start();
        await eventually(() => lines.some(({ message }) => message.includes('is started again in 100 ms')));
        const said = lines.map(({ message }) => message).filter((message) => message.startsWith('word '));
        expect(said.at(-1)).to.equal('word 900');
        const dropped = lines.flatMap(({ message }) => /^(\d+) lines before its last ones were dropped/.exec(message)?.[1] ?? []);
        expect(said.length + Number(dropped[0] ?? 0)).to.equal(900);
        if (end !== 'kill') expect(lines.map(({ message }) => message)).to.include('told last');
      });
    }
  }

  for (const tier of TIERS) {
    it(`sees the output of watchers as a ${tier}`, async () => {
      const web = {
        cmd: "sh -c 'echo all is well; echo ERROR: no disk >&2; exec sleep 86400'",
        close_child_stdout: true,
        stderr: { type: 'memory' },
      };
      const config = { watchers: { web }, plugins: { logs: {}, [LOG_ALARM]: { limit: 1, isolation: tier } } };
      const { supervisor, lines } = supervisorOf(config);
      await using _ = supervisor;
      await supervisor.start();
      await eventually(() => lines.filter(({ message }) => message === 'ERROR: no disk').length > 1, { what: 'a second alarm' });
    });
  }

  it('has its turn after the daemon, as a worker: its thread alone has a lower priority', async () => {
    const nice = (): readonly number[] =>
      readdirSync('/proc/self/task').map((tid) =>
        Number(readFileSync(`/proc/self/task/${tid}/stat`, 'latin1').split(') ')[1]?.split(' ')[16]),
      );
    const own = getPriority();
    const lower = Math.min(own + 10, 19);
    const before = nice().filter((value) => value === lower).length;
    const { supervisor } = supervisorOf(withChaos('worker'));
    await using _ = supervisor;
    await supervisor.start();
    expect(nice().filter((value) => value === lower)).to.have.length(before + 1);
    expect(getPriority()).to.equal(own);
  });

  it('leaves respawns as they would be without it while there is none, and says so by RM_PLUGIN_GUEST', async () => {
    const { supervisor, lines } = supervisorOf(withChaos('process', 'exit'));
    await using _ = supervisor;
    await supervisor.start();
    const pid = (): number => supervisor.find('web')?.processes()[0]?.pid ?? 0;
    const { message } = new RingmasterError('RM_PLUGIN_GUEST', ['chaos', 'has ended and is started again']);
    for (const _round of [1, 2, 3]) {
      const before = pid();
      process.kill(before, 'SIGKILL');
      await eventually(() => pid() !== before && pid() > 0);
      await eventually(() => guests().length === 0);
    }
    expect(lines.some((line) => line.message.includes(`hook respawn: ${message}`))).to.equal(true);
  });

  it('is over with that of its daemon, even of one that is killed while it spins', async () => {
    await using daemon = await Daemon.start({
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: ({ endpoint, pubsub_endpoint }) => {
        const watchers = { web: { cmd: 'sleep 0.1' } };
        return JSON.stringify({ endpoint, pubsub_endpoint, watchers, plugins: { [CHAOS]: { deed: 'spin', isolation: 'process' } } });
      },
    });
    const children = (): readonly string[] => readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'latin1').match(/\d+/g) ?? [];
    const guest = children().find((pid) => textOf(`/proc/${pid}/cmdline`).includes('guest-entry'));
    await daemon.printed('gave no answer within 100 ms');
    daemon.kill('SIGKILL');
    await eventually(() => {
      expect(() => process.kill(Number(guest), 0)).to.throw('ESRCH');
      return true;
    });
  });

  it('ends and begins with a change of its tier', async () => {
    const { supervisor } = supervisorOf(withChaos('none'));
    await using _ = supervisor;
    await supervisor.start();
    expect(guests()).to.deep.equal([]);
    await supervisor.apply(supervisor.readConfig({ config: withChaos('process') }));
    expect(guests()).to.have.length(1);
    await supervisor.apply(supervisor.readConfig({ config: withChaos('worker') }));
    expect(guests()).to.deep.equal([]);
  });
});

describe('what can not be isolated', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringmaster-'));
  });
  after(() => rm(folder, { recursive: true }));

  const isolation = { tier: 'worker', memory_limit: 2 ** 27, patience: 10 } as const;
  const refused = async (body: string): Promise<string> => {
    await writeFile(join(folder, 'mine.mjs'), `export default { name: 'mine', summary: 'S.', setup() {}, ${body} };`);
    return (await rejects(resolvePlugin('./mine.mjs', folder, { isolation }), 'RM_PLUGIN_ISOLATION')).message;
  };

  it('is a tap that has to be answered at once', async () => {
    const message = await refused("schema: { type: 'object', properties: {} }, hooks: ['before_signal']");
    expect(message).to.include('it taps hook before_signal, which has to be answered at once');
  });

  it('is a plugin that needs the services of others', async () => {
    expect(await refused("schema: { type: 'object', properties: {} }, requires: ['checks']")).to.include('it requires checks');
  });

  it('is a plugin with an option of the reserved name, which no tier takes', async () => {
    expect(await refused("schema: { type: 'object', properties: { isolation: {} } }")).to.include(
      'its option isolation has a name that is reserved',
    );
  });

  it('is a plugin that can not be imported, and its own words are told', async () => {
    expect(await refused('schema: nothing')).to.include('nothing is not defined');
  });

  it('is a plugin that says nothing in time', async () => {
    const hangs = { tier: 'process', command: 'sleep 60', memory_limit: 2 ** 27, patience: 0.2 } as const;
    const { message } = await rejects(resolvePlugin('mine', folder, { isolation: hangs }), 'RM_PLUGIN_ISOLATION');
    expect(message).to.include('it gave no sign of life within 200 ms');
  });

  it('is a plugin that is given as an object', async () => {
    const given = definePlugin({ name: 'given', summary: 'S.', schema: { type: 'object', properties: {} }, setup: () => {} });
    await using supervisor = new Supervisor({ plugins: { given: { isolation: 'worker' } } }, { plugins: [given] });
    const { message } = await rejects(supervisor.start(), 'RM_CONFIG_INVALID');
    expect(message).to.include('it is a part of the daemon, there is no file to run');
  });
});
