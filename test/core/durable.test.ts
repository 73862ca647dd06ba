import { constants } from 'node:os';
import { expect } from 'chai';
import '../fixtures/durable/loaded.js';
import { Supervisor, type SupervisorEvent, type WatcherApi } from '../../core/index.js';
import { journalLine } from '../../core/journal/lines.js';
import { eventually, FakeOs, type LogLine, recordEvents, recordingLogger, rejects, VirtualClock } from '../../core/testing.js';
import { type Mortal, mortal } from '../fixtures/mortal.js';

const STATE_DIR = '/state';
type Watchers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Supervisors of one machine, one after the other. */
class Lives {
  readonly clock = new VirtualClock();
  readonly os = new FakeOs(this.clock);
  lines: LogLine[] = [];
  events: readonly SupervisorEvent[] = [];
  spawning: (when: 'before' | 'after', life: Mortal) => void = () => {};
  #life: Mortal = mortal(this.clock, this.os);
  #supervisor = new Supervisor({});

  get supervisor(): Supervisor {
    return this.#supervisor;
  }

  /** Starts one, and lets time pass until it has started or is dead. */
  async start(watchers: Watchers, more: object = {}): Promise<void> {
    this.#life = mortal(this.clock, this.os, (when, life) => this.spawning(when, life));
    const record = recordEvents();
    this.lines = [];
    this.events = record.events;
    const { clock, os } = this.#life;
    const config = { durable: true, state_dir: STATE_DIR, watchers, ...more };
    this.#supervisor = new Supervisor(config, { clock, os, log: recordingLogger(this.lines), plugins: [record.plugin], random: () => 0 });
    let settled = false;
    const started = this.#supervisor.start().finally(() => {
      settled = true;
    });
    void Promise.allSettled([started]);
    await eventually(async () => {
      await this.clock.advanceAsync(20);
      return settled || this.#life.dead;
    });
    if (!this.#life.dead) await started;
  }

  crash(): void {
    this.#life.kill();
  }

  watcher(name = 'web'): WatcherApi {
    const watcher = this.#supervisor.find(name);
    if (watcher === undefined) throw new Error(`there is no ${name}`);
    return watcher;
  }

  /** Worker ids and pids. */
  processes(name = 'web'): readonly (readonly [number, number])[] {
    return this.watcher(name)
      .processes()
      .map(({ wid, pid }) => [wid, pid] as const);
  }

  told(name: string): readonly number[] {
    return this.events.flatMap((event) => (event.name === name && 'process_pid' in event.body ? [event.body.process_pid ?? 0] : []));
  }

  pass(ms = 1000): Promise<void> {
    return this.clock.advanceAsync(ms);
  }

  /** Signals that were more than looks, or than what wakes after another. */
  get signals(): number {
    return this.os.of('signal').filter(({ signum }) => signum !== 0 && signum !== constants.signals.SIGCONT).length;
  }

  get spawns(): number {
    return this.os.of('spawn').length;
  }

  async stop(): Promise<void> {
    const stopped = this.#supervisor.stop();
    await this.pass(60_000);
    await stopped;
  }
}

describe('a durable supervisor that crashes', () => {
  let lives: Lives;
  beforeEach(() => {
    lives = new Lives();
  });

  it('has the next one take its processes over: none is spawned, none signalled', async () => {
    await lives.start({ web: { cmd: 'web', numprocesses: 3 }, tick: { cmd: 'tick' } });
    const before = [lives.processes(), lives.processes('tick')];
    lives.crash();
    await lives.pass(5000);
    await lives.start({ web: { cmd: 'web', numprocesses: 3 }, tick: { cmd: 'tick' } });
    expect([lives.processes(), lives.processes('tick')]).to.deep.equal(before);
    expect([lives.spawns, lives.signals]).to.deep.equal([4, 0]);
    expect(lives.told('adopted')).to.have.members(before.flat().map(([, pid]) => pid));
    expect(lives.told('spawn')).to.deep.equal([]);
    expect(lives.watcher().status).to.equal('active');
    const { age } = lives.watcher().processes()[0] ?? { age: 0 };
    expect(age).to.be.greaterThan(5);
    expect(lives.lines.map(({ message }) => message).join('\n')).to.match(/adopted 4 processes of 2 watchers in \d+ ms/);
    await lives.stop();
    expect(lives.os.alive).to.deep.equal([]);
  });

  it('has its processes taken over whichever line of its journal is damaged, wherever it is cut', async () => {
    const lives = new Lives();
    const of = { web: { cmd: 'web', numprocesses: 2 }, db: { cmd: 'db' } };
    await lives.start(of);
    const pids = [...lives.os.alive];
    lives.crash();
    const journal = lives.os.state.journals.get(STATE_DIR);
    if (!journal?.bytes) throw new Error('there is no journal');
    const lines = journal.bytes.toString().split('\n').slice(0, -1);
    const damagedAt = (isMeant: (line: string, index: number) => boolean): Buffer =>
      Buffer.from(lines.map((line, index) => `${isMeant(line, index) ? line.replace(' ', '_') : line}\n`).join(''));
    for (const [index, line] of lines.entries()) {
      journal.bytes = damagedAt((_, at) => at === index);
      await lives.start(of);
      expect(lives.os.alive, `without ${line}`).to.deep.equal(pids);
      expect(lives.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
      lives.crash();
    }
    for (let bytes = 0; bytes < journal.bytes.length; bytes += 40) {
      journal.bytes = Buffer.from(`${lines.join('\n')}\n`.slice(0, bytes));
      await lives.start(of);
      expect(lives.os.alive, `cut at ${bytes}`).to.deep.equal(pids);
      lives.crash();
    }
    journal.bytes = null;
    await lives.start(of);
    expect(lives.os.alive, 'removed').to.deep.equal(pids);
    await lives.stop();
    expect(lives.os.alive).to.deep.equal([]);
  });

  it('has what has taken the place of another taken over, though its journal is cut anywhere since', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } });
    const journal = lives.os.state.journals.get(STATE_DIR);
    const from = journal?.bytes?.length ?? 0;
    lives.os.exit(lives.os.alive[0] ?? 0);
    await lives.pass();
    const before = lives.processes();
    lives.crash();
    if (!journal?.bytes) throw new Error('there is no journal');
    const { bytes } = journal;
    for (let end = from + 1; end < bytes.length; end += 10) {
      // Cut between two lines it is not damaged, but an older one.
      if (bytes[end - 1] === 10) continue;
      journal.bytes = bytes.subarray(0, end);
      await lives.start({ web: { cmd: 'web' } });
      expect(lives.processes(), `cut at ${end}`).to.deep.equal(before);
      expect(lives.spawns).to.equal(2);
      lives.crash();
    }
  });

  it('crashes once more after its journal was cut before the config, and has its processes taken over', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    const pids = [...lives.os.alive];
    lives.crash();
    const journal = lives.os.state.journals.get(STATE_DIR);
    if (!journal?.bytes) throw new Error('there is no journal');
    journal.bytes = journal.bytes.subarray(0, journal.bytes.indexOf('["config"') + 20);
    for (let life = 0; life < 3; life++) {
      await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
      expect(lives.os.alive).to.deep.equal(pids);
      lives.crash();
    }
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    await lives.stop();
    expect(lives.os.alive).to.deep.equal([]);
  });

  it('leaves alone what it has released before its journal was damaged, however often that is', async () => {
    const lives = new Lives();
    const of = { web: { cmd: 'web' }, loose: { cmd: 'loose', numprocesses: 2 } };
    await lives.start(of);
    await lives.supervisor.remove('loose', { nostop: true });
    lives.crash();
    const before = [...lives.os.alive];
    const journal = lives.os.state.journals.get(STATE_DIR);
    if (!journal?.bytes) throw new Error('there is no journal');
    for (const bytes of [journal.bytes.length - 3, 100, 0]) {
      journal.bytes = journal.bytes.subarray(0, bytes);
      await lives.start({ web: { cmd: 'web' } });
      expect(lives.os.alive, `cut at ${bytes}`).to.deep.equal(before);
      lives.crash();
    }
    await lives.start({ web: { cmd: 'web' } });
    expect(lives.supervisor.watchers().map(({ name }) => name)).to.deep.equal(['web']);
    await lives.stop();
    expect(lives.os.alive).to.deep.equal(before.slice(1));
    expect(lives.os.of('signal').filter(({ pid, signum }) => signum > 0 && before.indexOf(pid) > 0)).to.deep.equal([]);
  });

  it('has the next one start at once with what runs, and pause warmup_delay between those that it starts', async () => {
    const lives = new Lives();
    const names = ['web', 'db', 'mail', 'new', 'other'];
    const of = (count: number): Watchers => Object.fromEntries(names.slice(0, count).map((name) => [name, { cmd: name }]));
    await lives.start(of(3), { warmup_delay: 1 });
    lives.crash();
    const died_ms = lives.clock.now();
    await lives.start(of(3), { warmup_delay: 1 });
    expect(lives.clock.now() - died_ms).to.be.lessThan(500);
    lives.crash();
    lives.os.exit(lives.os.alive[1] ?? 0, { exit_code: 0, signal: null });
    const before_ms = lives.clock.now();
    await lives.start(of(5), { warmup_delay: 1 });
    const spawned = lives.os.of('spawn').slice(3);
    expect(spawned.map(({ request }) => request.argv[0])).to.deep.equal(['db', 'new', 'other']);
    expect(spawned.map(({ at_ms }) => Math.round((at_ms - before_ms) / 1000))).to.deep.equal([0, 0, 1]);
    await lives.stop();
  });

  it('has the next one say why they run: what was decided before, and that they were taken over, for which nobody asked', async () => {
    const watchers = { web: { cmd: 'web', numprocesses: 2 }, loose: { cmd: 'loose', durable: false } };
    await lives.start(watchers);
    lives.crash();
    await lives.start(watchers);
    const decisions = (name: string): readonly string[] =>
      lives
        .watcher(name)
        .decisions()
        .map(({ what, by, reason }) => `${what} ${by}: ${reason}`);
    const [asked, adopted] = ['start request: asked to start', 'adopt core: taken over from the supervisor before: 2'];
    expect(decisions('web')).to.deep.equal([asked, adopted]);
    expect(decisions('loose')).to.deep.equal(['start core: it goes on as under the supervisor before']);
    await Promise.all([lives.watcher().start(), lives.pass()]);
    expect(decisions('web').slice(2)).to.deep.equal([asked]);
  });

  for (const by_ms of [86_400_000, -86_400_000]) {
    it(`has them as old as they are though the wall clock was put by ${by_ms} ms meanwhile: none is replaced for its age`, async () => {
      const watchers = { web: { cmd: 'web', max_age: 3600, max_age_variance: 0 } };
      await lives.start(watchers);
      const before = lives.processes();
      lives.crash();
      lives.clock.jumpWall(by_ms);
      await lives.pass(600_000);
      await lives.start(watchers);
      expect(lives.watcher().processes()[0]?.age).to.be.closeTo(600, 1);
      await lives.pass(2_990_000);
      expect(lives.processes()).to.deep.equal(before);
      await lives.pass(20_000);
      expect(lives.processes()).to.not.deep.equal(before);
    });
  }

  it('and crashes again, and again, has them taken over each time', async () => {
    const watchers = { web: { cmd: 'web', numprocesses: 2 } };
    await lives.start(watchers);
    const before = lives.processes();
    for (let n = 0; n < 5; n++) {
      lives.crash();
      await lives.start(watchers);
      expect(lives.processes()).to.deep.equal(before);
    }
    lives.os.exit(before[0]?.[1] ?? 0);
    await lives.pass();
    expect(lives.spawns).to.equal(3);
  });

  it('has the next one replace what ends after it was taken over, and tell its end', async () => {
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    lives.crash();
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    const [[, first = 0] = [], second] = lives.processes();
    lives.os.exit(first, { exit_code: 3, signal: null });
    await lives.pass();
    const reaps = lives.events.flatMap((event) => (event.name === 'reap' ? [[event.body.process_pid, event.body.exit_code]] : []));
    expect(reaps).to.deep.equal([[first, 3]]);
    expect(lives.processes()).to.deep.include(second);
    expect([lives.spawns, lives.os.alive.length]).to.deep.equal([3, 2]);
  });

  it('has those replaced, and told to have ended, that end while nobody is there', async () => {
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    const [one, [, two = 0] = [], three] = lives.processes();
    lives.crash();
    lives.os.exit(two);
    await lives.pass();
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    await lives.pass();
    expect(lives.told('reap')).to.deep.equal([two]);
    expect(lives.processes()).to.deep.include.members([one, three]);
    expect([lives.spawns, lives.os.alive.length, lives.signals]).to.deep.equal([4, 3, 0]);
    expect(lives.lines.map(({ message }) => message).join('\n')).to.include(`process ${two} (wid 2) has ended, nobody saw how; replaced`);
  });

  it('has what they leave in their group ended too', async () => {
    lives.os.behave({ children: [{}] });
    await lives.start({ web: { cmd: 'web', graceful_timeout: 1 } });
    const [[, pid = 0] = []] = lives.processes();
    const [child = 0] = lives.os.children(pid, true);
    lives.crash();
    lives.os.exit(pid);
    lives.os.behave({});
    await lives.start({ web: { cmd: 'web', graceful_timeout: 1 } });
    await lives.pass(3000);
    expect(lives.os.alive).to.not.include(child);
    expect(lives.os.alive).to.have.lengthOf(1);
    lives.crash();
    await lives.start({ web: { cmd: 'web' } });
    expect(lives.told('reap')).to.deep.equal([]);
  });

  for (const errno of ['ENOSPC', 'EROFS', 'EIO', 'EDQUOT']) {
    it(`after its journal could not be written for a while (${errno}) has everything taken over all the same`, async () => {
      await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
      const journal = lives.os.state.journals.get(STATE_DIR) ?? expect.fail('there is no journal');
      journal.fails = errno;
      for (const pid of lives.os.alive) lives.os.exit(pid);
      void lives.watcher().incr(3);
      await lives.pass(60_000);
      expect(lives.supervisor.troubles().map(({ name }) => name)).to.deep.equal(['journal']);
      expect(lives.lines.filter(({ level }) => level === 'error')).to.have.length(1);
      journal.fails = null;
      await lives.pass(1000);
      expect(lives.supervisor.troubles()).to.deep.equal([]);
      const before = lives.processes();
      lives.crash();
      await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
      expect([lives.processes(), lives.spawns]).to.deep.equal([before, 7]);
      await lives.stop();
    });
  }

  it('that is stopped while its journal can not be written leaves nothing to take over', async () => {
    await lives.start({ web: { cmd: 'web' } });
    const journal = lives.os.state.journals.get(STATE_DIR) ?? expect.fail('there is no journal');
    journal.fails = 'ENOSPC';
    void lives.watcher().incr();
    await lives.pass(100);
    await lives.stop();
    expect([lives.os.alive, journal.bytes, lives.clock.pending]).to.deep.equal([[], null, []]);
  });

  it('that is stopped while its journal can not even be removed stops all the same, says so, and can be started again', async () => {
    await lives.start({ web: { cmd: 'web' } });
    const journal = lives.os.state.journals.get(STATE_DIR) ?? expect.fail('there is no journal');
    journal.fails = 'EIO';
    await lives.stop();
    expect([lives.os.alive, lives.supervisor.state]).to.deep.equal([[], 'stopped']);
    expect(lives.lines.map(({ message }) => message).join('\n')).to.match(
      /the journal is left, so that the next start looks for what ran: .*EIO/,
    );
    journal.fails = null;
    await lives.start({ web: { cmd: 'web' } });
    expect([lives.watcher().status, lives.os.alive.length, lives.signals]).to.deep.equal(['active', 1, 1]);
    await lives.stop();
  });

  it('between a spawn and its record has that process found', async () => {
    let spawned = 0;
    lives.spawning = (when, life) => {
      if (when === 'after' && ++spawned === 2) life.kill();
    };
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    expect(lives.os.alive).to.have.lengthOf(2);
    const pids = lives.os.alive;
    lives.spawning = () => {};
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    expect(lives.processes().map(([, pid]) => pid)).to.include.members([...pids]);
    expect(lives.spawns).to.equal(3);
    await lives.stop();
    expect(lives.os.alive).to.deep.equal([]);
  });

  it('between a record and its spawn has nothing be found, and goes on', async () => {
    lives.spawning = (when, life) => {
      if (when === 'before') life.kill();
    };
    await lives.start({ web: { cmd: 'web' } });
    expect(lives.os.alive).to.deep.equal([]);
    lives.spawning = () => {};
    await lives.start({ web: { cmd: 'web' } });
    expect(lives.spawns).to.equal(1);
    expect(lives.watcher().status).to.equal('active');
  });

  it('has what was stopped stay stopped, and what was started run, whatever autostart says', async () => {
    const watchers = { web: { cmd: 'web' }, later: { cmd: 'later', autostart: false } };
    await lives.start(watchers);
    const [stopped, started] = [lives.watcher().stop(), lives.watcher('later').start()];
    await lives.pass();
    await Promise.all([stopped, started]);
    lives.crash();
    await lives.start(watchers);
    await lives.pass();
    expect([lives.watcher().status, lives.watcher('later').status]).to.deep.equal(['stopped', 'active']);
    expect(lives.spawns).to.equal(2);
  });

  it('has a stop go on that was under way', async () => {
    lives.os.behave({ deaf_to: [15] });
    await lives.start({ web: { cmd: 'web', graceful_timeout: 5 } });
    const [[, pid = 0] = []] = lives.processes();
    void lives.watcher().stop();
    await lives.pass(1000);
    lives.crash();
    await lives.start({ web: { cmd: 'web', graceful_timeout: 5 } });
    await lives.pass(4000);
    expect(lives.os.alive).to.deep.equal([pid]);
    await lives.pass(2000);
    expect([lives.os.alive, lives.watcher().status, lives.spawns]).to.deep.equal([[], 'stopped', 1]);
  });

  it('has a restart go on that was under way: what ran before is gone first', async () => {
    lives.os.behave({ dies_after_ms: 3000 });
    await lives.start({ web: { cmd: 'web' } });
    const [[, pid = 0] = []] = lives.processes();
    void lives.watcher().restart();
    await lives.pass(1000);
    lives.crash();
    await lives.start({ web: { cmd: 'web' } });
    await lives.pass(5000);
    expect(lives.os.alive).to.have.lengthOf(1);
    expect(lives.os.alive).to.not.include(pid);
    expect([lives.watcher().status, lives.spawns]).to.deep.equal(['active', 2]);
  });

  it('has a reload go on that was under way', async () => {
    lives.os.behave({ dies_after_ms: 3000 });
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    const before = lives.os.alive;
    void lives.watcher().reload();
    await lives.pass(1000);
    expect(lives.os.alive).to.have.lengthOf(4);
    lives.crash();
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    await lives.pass(5000);
    expect(lives.os.alive).to.have.lengthOf(2);
    expect(lives.os.alive.filter((pid) => before.includes(pid))).to.deep.equal([]);
    expect(lives.spawns).to.equal(4);
  });

  it('has one that was too many end, and no other', async () => {
    lives.os.behave({ dies_after_ms: 3000 });
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    void lives.watcher().decr();
    await lives.pass(1000);
    const ending = lives.os.of('signal').find(({ signum }) => signum === 15)?.pid;
    lives.crash();
    await lives.start({ web: { cmd: 'web', numprocesses: 3 } });
    await lives.pass(5000);
    expect(lives.os.alive).to.have.lengthOf(2);
    expect(lives.os.alive).to.not.include(ending);
    expect(new Set(lives.os.of('signal').flatMap(({ pid, signum }) => (signum === 15 ? [pid] : [])))).to.deep.equal(new Set([ending]));
    expect(lives.spawns).to.equal(3);
  });

  it('has the config applied that was changed meanwhile', async () => {
    await lives.start({ same: { cmd: 'same' }, more: { cmd: 'more' }, other: { cmd: 'old' }, gone: { cmd: 'gone' } });
    const [same, more, other, gone] = ['same', 'more', 'other', 'gone'].map((name) => lives.processes(name)[0]?.[1]);
    lives.crash();
    await lives.start({ same: { cmd: 'same' }, more: { cmd: 'more', numprocesses: 2 }, other: { cmd: 'new' }, added: { cmd: 'added' } });
    await lives.pass(5000);
    const now = Object.fromEntries(['same', 'more', 'other', 'added'].map((name) => [name, lives.processes(name).map(([, pid]) => pid)]));
    expect(now.same).to.deep.equal([same]);
    expect(now.more).to.have.lengthOf(2).and.include(more);
    expect(now.other).to.have.lengthOf(1).and.not.include(other);
    expect(now.added).to.have.lengthOf(1);
    expect(lives.os.alive).to.have.lengthOf(5).and.not.include(gone);
    expect(lives.supervisor.drift()).to.deep.equal([]);
  });

  it('runs nothing once more as it was before the config was changed, where no process of it was kept', async () => {
    const loose = (cmd: string, more: object = {}): Watchers[string] => ({ cmd, durable: false, ...more });
    const before = { web: { cmd: 'web' }, other: loose('old'), gone: loose('gone'), off: loose('off'), idle: loose('idle') };
    await lives.start(before);
    void lives.watcher('idle').stop();
    await lives.pass(5000);
    lives.crash();
    const spawned = lives.spawns;
    const { gone: _, ...after } = { ...before, other: loose('new'), off: loose('off', { autostart: false }), idle: loose('idle anew') };
    await lives.start(after);
    await lives.pass(5000);
    const argv = lives.os.of('spawn').map(({ request }) => request.argv.join(' '));
    expect(argv.slice(spawned)).to.have.members(['off', 'new']);
    expect(lives.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.have.members([
      'web active',
      'other active',
      'off active',
      'idle stopped',
    ]);
    expect(lives.supervisor.drift()).to.deep.equal([]);
  });

  it('starts nothing in its old form for what has ended meanwhile, where the config has another by now', async () => {
    await lives.start({ all: { cmd: 'old', numprocesses: 2 }, some: { cmd: 'old', numprocesses: 3 }, gone: { cmd: 'old' } });
    const kept = lives.processes('some')[0]?.[1] ?? 0;
    lives.crash();
    for (const pid of lives.os.alive) if (pid !== kept) lives.os.exit(pid);
    const spawned = lives.spawns;
    await lives.start({ all: { cmd: 'new', numprocesses: 2 }, some: { cmd: 'new', numprocesses: 3 } });
    await lives.pass(5000);
    const argv = lives.os.of('spawn').map(({ request }) => request.argv.join(' '));
    expect(argv.slice(spawned)).to.deep.equal(Array(5).fill('new'));
    expect([lives.os.alive.length, lives.told('reap').length, lives.supervisor.drift()]).to.deep.equal([5, 6, []]);
    expect(lives.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.have.members(['all active', 'some active']);
  });

  it('goes on with what was there, with processes or without, where the config can not be applied', async () => {
    const before = {
      dead: { cmd: 'old' },
      loose: { cmd: 'old loose', durable: false },
      gone: { cmd: 'old gone' },
      live: { cmd: 'old live' },
    };
    await lives.start(before);
    const live = lives.processes('live');
    lives.crash();
    for (const pid of lives.os.alive) if (pid !== live[0]?.[1]) lives.os.exit(pid);
    const spawned = lives.spawns;
    const after = { dead: { cmd: 'new' }, loose: { cmd: 'new loose', durable: false }, live: { cmd: 'new live' } };
    lives.os.refuse = () => 'EADDRINUSE';
    await lives.start(after, { sockets: { web: { port: 8080 } } });
    await lives.pass(5000);
    expect(lives.lines.map(({ message }) => message).join('\n')).to.include('the config can not be applied, what was there before goes on');
    const argv = lives.os.of('spawn').map(({ request }) => request.argv.join(' '));
    expect(argv.slice(spawned)).to.have.members(['old', 'old loose', 'old gone']);
    expect(lives.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.have.members([
      'dead active',
      'loose active',
      'gone active',
      'live active',
    ]);
    expect(lives.processes('live')).to.deep.equal(live);
    lives.crash();
    lives.os.refuse = () => undefined;
    await lives.start(after, { sockets: { web: { port: 8080 } } });
    await lives.pass(5000);
    const later = lives.os.of('spawn').map(({ request }) => request.argv.join(' '));
    expect(later.slice(spawned + 3).filter((command) => command.startsWith('new'))).to.have.members(['new', 'new loose', 'new live']);
  });

  it('keeps what was changed at run time: options, watchers that were added and removed', async () => {
    const watchers = { web: { cmd: 'web' }, tick: { cmd: 'tick' } };
    await lives.start(watchers);
    void lives.watcher().incr(2);
    void lives.supervisor.remove('tick');
    void lives.supervisor.add('extra', { cmd: 'extra' }).start();
    await lives.pass();
    const before = [lives.processes(), lives.processes('extra')];
    const drift = lives.supervisor.drift();
    for (let n = 0; n < 2; n++) {
      lives.crash();
      await lives.start(watchers);
      await lives.pass();
      expect([lives.processes(), lives.processes('extra')]).to.deep.equal(before);
      expect(lives.supervisor.find('tick')).to.equal(undefined);
      expect(lives.supervisor.drift()).to.deep.equal(drift);
    }
    expect([lives.spawns, drift.length]).to.deep.equal([5, 3]);
  });

  it('has again what a config has again, though an earlier one was about to remove it when it crashed', async () => {
    lives.os.behave({ dies_after_ms: 3000 });
    const watchers = { web: { cmd: 'web' }, gone: { cmd: 'gone', graceful_timeout: 30 } };
    await lives.start(watchers);
    const config = await lives.supervisor.readConfig({
      config: { durable: true, state_dir: STATE_DIR, watchers: { web: { cmd: 'web' } } },
    });
    void lives.supervisor.apply(config);
    await lives.pass();
    expect(lives.supervisor.find('gone')).to.equal(undefined);
    lives.crash();
    await lives.start({ ...watchers, web: { cmd: 'new' } });
    await lives.pass(5000);
    expect(lives.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.have.members(['web active', 'gone active']);
    expect([lives.os.alive.length, lives.supervisor.drift()]).to.deep.equal([2, []]);
  });

  it('takes a watcher for what it is, and not for one of its name that was on its way out', async () => {
    lives.os.behave({ dies_after_ms: 3000 });
    await lives.start({ other: { cmd: 'other' } });
    void lives.supervisor.add('extra', { cmd: 'old' }).start();
    await lives.pass();
    void lives.supervisor.remove('extra');
    void lives.supervisor.add('extra', { cmd: 'new' }).start();
    await lives.pass(5000);
    expect(lives.os.of('spawn').map(({ request }) => request.argv[0])).to.deep.equal(['other', 'old', 'new']);
    const before = lives.processes('extra');
    lives.crash();
    await lives.start({ other: { cmd: 'other' } });
    expect(lives.processes('extra')).to.deep.equal(before);
    expect([lives.watcher('extra').status, lives.spawns]).to.deep.equal(['active', 3]);
  });

  it('takes a watcher for what it is, and not for one of its name in other letters that was on its way out', async () => {
    lives.os.behave({ deaf_to: [15] });
    const of = { other: { cmd: 'other' }, Web: { cmd: 'web', graceful_timeout: 5 } };
    await lives.start(of);
    void lives.supervisor.remove('Web');
    void lives.supervisor.add('web', { cmd: 'new', graceful_timeout: 5 }).start();
    await lives.pass(100);
    lives.crash();
    await lives.start(of);
    await lives.pass(6000);
    expect(lives.os.of('spawn').map(({ request }) => request.argv[0])).to.deep.equal(['other', 'web', 'new']);
    expect(lives.supervisor.watchers().map(({ name, status }) => [name, status])).to.deep.equal([
      ['other', 'active'],
      ['web', 'active'],
    ]);
    expect(lives.processes().map(([, pid]) => pid)).to.deep.equal(lives.os.alive.slice(1));
  });

  it('has what was added at run time, and never started, stay stopped', async () => {
    await lives.start({ other: { cmd: 'other' } });
    lives.supervisor.add('extra', { cmd: 'extra' });
    lives.crash();
    await lives.start({ other: { cmd: 'other' } });
    await lives.pass();
    expect([lives.watcher('extra').status, lives.spawns]).to.deep.equal(['stopped', 1]);
  });

  for (const of_it of [{ released: true }, {}]) {
    it(`has no process started or replaced for what another of its name has left (${Object.keys(of_it)})`, async () => {
      const of = { web: { cmd: 'web' }, later: { cmd: 'later', autostart: false } };
      await lives.start(of);
      lives.crash();
      const journal = lives.os.state.journals.get(STATE_DIR);
      if (!journal?.bytes) throw new Error('there is no journal');
      const left = { wid: 1, generation: 5, pid: 999, start_ticks: 1, started: 1, pipes: [1, null], gone: true, ...of_it };
      const lines = ['web', 'later'].map((watcher, at) => journalLine([`process/000000000001.1.${9 + at}`, { watcher, ...left }]));
      journal.bytes = Buffer.concat([journal.bytes, Buffer.from(lines.join(''))]);
      await lives.start(of);
      await lives.pass(40_000);
      expect([lives.watcher().status, lives.watcher('later').status, lives.spawns, lives.signals]).to.deep.equal([
        'active',
        'stopped',
        1,
        0,
      ]);
    });
  }

  it('leaves alone what is not durable, and starts it anew', async () => {
    await lives.start({ web: { cmd: 'web' }, loose: { cmd: 'loose', durable: false } });
    const [[, loose = 0] = []] = lives.processes('loose');
    expect(lives.os.of('spawn').map(({ request }) => 'RINGMASTER_SPAWN' in request.env)).to.deep.equal([true, false]);
    lives.crash();
    await lives.start({ web: { cmd: 'web' }, loose: { cmd: 'loose', durable: false } });
    await lives.pass();
    expect(lives.spawns).to.equal(3);
    expect(lives.processes('loose')).to.not.deep.include([1, loose]);
  });

  it('has processes taken over though the config asks for nothing of the kind by now', async () => {
    await lives.start({ web: { cmd: 'web' } });
    const before = lives.processes();
    lives.crash();
    await lives.start({ web: { cmd: 'web' } }, { durable: null });
    expect([lives.processes(), lives.spawns]).to.deep.equal([before, 1]);
    await lives.stop();
    await lives.start({ web: { cmd: 'web' } }, { durable: null });
    expect(lives.lines.map(({ message }) => message).join('\n')).to.not.include('adopted');
  });

  it('has what it was about to stop altogether taken over as it was', async () => {
    lives.os.behave({ dies_after_ms: 5000 });
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    void lives.supervisor.stop();
    await lives.pass(1000);
    lives.crash();
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    await lives.pass(10_000);
    expect([lives.watcher().status, lives.os.alive.length]).to.deep.equal(['active', 2]);
  });

  it('does not count processes anew that ended where none is replaced', async () => {
    await lives.start({ once: { cmd: 'once', numprocesses: 3, respawn: false } });
    lives.os.exit(lives.os.alive[0] ?? 0);
    await lives.pass();
    lives.crash();
    lives.os.exit(lives.os.alive[0] ?? 0);
    await lives.start({ once: { cmd: 'once', numprocesses: 3, respawn: false } });
    await lives.pass();
    expect([lives.spawns, lives.os.alive.length]).to.deep.equal([3, 1]);
  });

  it('is stopped while it takes processes over, and stops them as well', async () => {
    await lives.start({ web: { cmd: 'web', numprocesses: 2 } });
    lives.crash();
    const { clock, os } = mortal(lives.clock, lives.os);
    let stopped: Promise<void> | undefined;
    const stopping = {
      ...os,
      durable: () => {
        stopped = next.stop();
        return os.durable();
      },
    };
    const config = { durable: true, state_dir: STATE_DIR, watchers: { web: { cmd: 'web', numprocesses: 2 } } };
    const next = new Supervisor(config, { clock, os: stopping });
    const refused = rejects(next.start(), 'RM_CLOSED');
    await eventually(async () => {
      await lives.pass(20);
      return next.state === 'stopped';
    });
    await Promise.all([stopped, refused]);
    expect(lives.os.alive).to.deep.equal([]);
  });
});

describe('a supervisor that stops as it should', () => {
  it('leaves nothing to find: the next start is an ordinary one', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } });
    void lives.watcher().stop();
    await lives.pass();
    await lives.stop();
    expect(lives.os.state.journals.get(STATE_DIR)?.bytes).to.equal(null);
    await lives.start({ web: { cmd: 'web' } });
    expect(lives.watcher().status).to.equal('active');
    expect(lives.lines.map(({ message }) => message).join('\n')).to.not.include('adopted');
    await lives.stop();
  });

  it('has forgotten every process that has ended', async () => {
    const lives = new Lives();
    lives.os.behave({ exits_after_ms: 100, children: [{}] });
    await lives.start({ web: { cmd: 'web', numprocesses: 3, graceful_timeout: 1 } });
    await lives.pass(60_000);
    const text = String(lives.os.state.journals.get(STATE_DIR)?.bytes);
    const alive = new Set<string>();
    for (const [, key, value] of text.matchAll(/\["process\/([^"]+)"(,)?/g)) {
      if (key === undefined) continue;
      if (value === undefined) alive.delete(key);
      else alive.add(key);
    }
    expect(lives.spawns).to.be.greaterThan(20);
    expect(alive.size).to.be.lessThan(7);
    await lives.stop();
  });

  it('has forgotten every watcher that was added and removed at run time', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } });
    const bytes = (): number => lives.os.state.journals.get(STATE_DIR)?.bytes?.length ?? 0;
    for (let n = 0; n < 300; n++) {
      void lives.supervisor.add(`extra-${n}`, { cmd: 'extra' }).start();
      await lives.pass(10);
      void lives.supervisor.remove(`extra-${n}`);
      await lives.pass(10);
    }
    expect(bytes()).to.be.lessThan(66_000);
    lives.crash();
    await lives.start({ web: { cmd: 'web' } });
    expect(bytes()).to.be.lessThan(5000);
    await lives.stop();
  });

  it('writes nothing where nothing is durable', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } }, { durable: false });
    expect(lives.os.state.journals.size).to.equal(0);
    await lives.stop();
  });

  it('refuses to keep a watcher that is added or set at run time, and does with a config that asks for it', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } }, { durable: null });
    expect(() => lives.supervisor.add('extra', { cmd: 'extra', durable: true }))
      .to.throw()
      .with.property('code', 'RM_NOT_DURABLE');
    expect(() => lives.watcher().set({ durable: true }))
      .to.throw()
      .with.property('code', 'RM_NOT_DURABLE');
    const config = await lives.supervisor.readConfig({
      config: { state_dir: STATE_DIR, watchers: { web: { cmd: 'web' }, kept: { cmd: 'kept', durable: true } } },
    });
    const applied = lives.supervisor.apply(config);
    await lives.pass();
    await applied;
    expect(lives.os.of('spawn').map(({ request }) => 'RINGMASTER_SPAWN' in request.env)).to.deep.equal([false, true]);
    const [[, kept = 0] = []] = lives.processes('kept');
    lives.crash();
    await lives.start({ web: { cmd: 'web' }, kept: { cmd: 'kept', durable: true } }, { durable: null });
    expect(lives.processes('kept')).to.deep.equal([[1, kept]]);
    await lives.stop();
  });

  it('has its state directory to itself', async () => {
    const lives = new Lives();
    await lives.start({ web: { cmd: 'web' } });
    const { clock, os } = lives;
    const other = new Supervisor({ durable: true, state_dir: STATE_DIR, watchers: {} }, { clock, os });
    await rejects(other.start(), 'RM_STATE_DIR_HELD');
    await lives.stop();
  });

  it('has to be told its state directory where no config file names it', async () => {
    const lives = new Lives();
    const error = await rejects(lives.start({ web: { cmd: 'web' } }, { state_dir: null }), 'RM_NOT_DURABLE');
    expect(error.message).to.include('give state_dir');
  });
});
