import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig, Supervisor } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { createHarness, type Harness, noLeaks, rejects } from '../../../core/testing.js';
import cron from '../../../plugins/cron/index.js';
import { type Due, type Job, look, readJobs } from '../../../plugins/cron/policy.js';
import type { Options } from '../../../plugins/cron/schema.js';

const OPTIONS: Options = { schedule: null, action: 'restart', signal: 1, time_zone: 'UTC', missed: 'skip', missed_after: 60, jobs: {} };
const MINUTE_MS = 60_000;

function job(options: Partial<Options>): Job {
  const [found] = readJobs({ ...OPTIONS, ...options }, 'web').jobs;
  if (found === undefined) throw new Error('there is no job');
  return found;
}

describe('cron policy', () => {
  it('has jobs of the watcher itself, those for it, and those for all', () => {
    const { schedule, action, signal, time_zone, missed, missed_after } = { ...OPTIONS, schedule: '@daily' };
    const more = { schedule, action, signal, time_zone, missed, missed_after };
    const jobs = { here: { ...more, watcher: 'WEB' }, there: { ...more, watcher: 'db' }, all: { ...more, watcher: null } };
    const names = (options: Options, watcher: string | null): string[] => readJobs(options, watcher).jobs.map(({ name }) => name);
    expect(names({ ...OPTIONS, schedule: '@hourly', jobs }, 'web')).to.deep.equal(['schedule', 'here', 'all']);
    expect(names({ ...OPTIONS, jobs }, 'web')).to.deep.equal(['here', 'all']);
    expect(names({ ...OPTIONS, jobs }, null)).to.deep.equal(['here', 'there', 'all']);
  });

  it('says which job is wrong, and why', () => {
    const { problems } = readJobs(
      { ...OPTIONS, schedule: '61 * * * *', jobs: { a: { ...OPTIONS, schedule: '@daily', time_zone: 'Mars', watcher: null } } },
      null,
    );
    expect(problems.map(({ job: name }) => name)).to.deep.equal(['schedule', 'a']);
    expect(problems.map(({ why }) => why).join())
      .to.include('"61 * * * *" has "61" for the minute')
      .and.to.include('time_zone "Mars"');
  });

  /** The verdicts of looks at these minutes. */
  const verdicts = (options: Partial<Options>, minutes: readonly number[]): string[] => {
    let due: Due | undefined;
    return minutes.map((minute) => {
      const result = look(job({ schedule: '*/10 * * * *', ...options }), due, minute * MINUTE_MS);
      due = result.due;
      return result.verdict;
    });
  };

  const cases: readonly [string, Partial<Options>, readonly number[], readonly string[]][] = [
    ['runs when it is due, once', {}, [1, 9, 10, 10.5, 20], ['wait', 'wait', 'run', 'wait', 'run']],
    ['skips times that passed unnoticed', {}, [1, 35, 40], ['wait', 'missed', 'run']],
    ['runs once for all that passed unnoticed, where it is to', { missed: 'run' }, [1, 35, 40], ['wait', 'run', 'run']],
    ['is not late within missed_after', { missed_after: 300 }, [1, 14, 20], ['wait', 'run', 'run']],
    ['starts anew where the clock was put back', {}, [95, 5, 10, 20], ['wait', 'wait', 'run', 'run']],
    [
      'does not run again for a time that the clock was put back over',
      {},
      [1, 10, 5, 10, 10.5, 20],
      ['wait', 'run', 'wait', 'wait', 'wait', 'run'],
    ],
    [
      'goes by passing time where the clock was put back over many times',
      {},
      [1, 10, 20, 30, 1, 10],
      ['wait', 'run', 'run', 'run', 'wait', 'run'],
    ],
    ['runs for a time that it has only skipped', {}, [1, 35, 5, 10], ['wait', 'missed', 'wait', 'run']],
    ['has run once where the clock went a year forward and back', { missed: 'run' }, [1, 525_600, 11, 20], ['wait', 'run', 'wait', 'run']],
    [
      'runs at most once however far the clock jumps, and how often',
      { missed: 'run' },
      [1, 90_000, 1, 90_000],
      ['wait', 'run', 'wait', 'run'],
    ],
  ];
  for (const [title, options, minutes, expected] of cases) it(title, () => expect(verdicts(options, minutes)).to.deep.equal(expected));
});

describe('cron', () => {
  noLeaks();

  /** The virtual clock begins at 22:13:20 UTC. */
  const UNTIL_2215_MS = 100_000;
  const at2215 = { schedule: '15 22 * * *', time_zone: 'UTC' };

  async function started(own: object, watcher: object = {}, plugin: object = {}): Promise<Harness> {
    const config = {
      plugins: { cron: plugin },
      watchers: { web: { cmd: 'web', plugins: { cron: own }, ...watcher }, other: { cmd: 'other' } },
    };
    const harness = createHarness({ config, plugins: [cron] });
    await harness.start();
    return harness;
  }
  const signalsIn = (harness: Harness): number[] => harness.os.of('signal').flatMap(({ signum }) => (signum === 0 ? [] : [signum]));
  const warnings = (harness: Harness): string =>
    harness.lines
      .filter(({ level }) => level !== 'debug')
      .map(({ message }) => message)
      .join('\n');
  const count = (harness: Harness, name: string): number => harness.events.names('web').filter((one) => one === name).length;

  it('restarts a watcher when it is due, not before, and no other', async () => {
    await using harness = await started(at2215);
    await harness.clock.advanceAsync(UNTIL_2215_MS - 1 - harness.clock.now());
    expect(count(harness, 'spawn')).to.equal(1);
    await harness.clock.advanceAsync(50);
    expect(count(harness, 'spawn')).to.equal(2);
    expect(harness.events.names('other')).to.not.include('stop');
  });

  const actions: readonly [string, object, (harness: Harness) => unknown, unknown][] = [
    ['reload', {}, (harness) => [count(harness, 'reload'), count(harness, 'stop')], [1, 0]],
    ['signal', { signal: 'USR1' }, signalsIn, [10]],
    ['signal', {}, signalsIn, [1]],
    ['stop', {}, (harness) => harness.supervisor.find('web')?.status, 'stopped'],
    ['start', {}, (harness) => count(harness, 'spawn'), 1],
  ];
  for (const [action, more, found, expected] of actions) {
    it(`does ${action}${JSON.stringify(more)}`, async () => {
      await using harness = await started({ ...at2215, action, ...more });
      harness.os.behave({ deaf_to: [1, 10] });
      await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
      expect(found(harness)).to.deep.equal(expected);
    });
  }

  it('starts a stopped watcher with start; restart, reload and signal leave it alone', async () => {
    for (const action of ['start', 'restart', 'reload', 'signal', 'stop'] as const) {
      await using harness = await started({ ...at2215, action }, { autostart: false });
      await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
      expect(harness.supervisor.find('web')?.status, action).to.equal(action === 'start' ? 'active' : 'stopped');
    }
  });

  it('runs a watcher once each time, and never while the last run goes on', async () => {
    await using harness = await started({ schedule: '*/10 * * * *', action: 'run' }, { cmd: 'report', autostart: false, respawn: false });
    harness.os.behave((_, nth) => ({ exits_after_ms: nth === 2 ? 15 * MINUTE_MS : 1000 }));
    await harness.clock.advanceAsync(60 * MINUTE_MS);
    const runs = harness.os.of('spawn').filter(({ request }) => request.file === 'report');
    const minutes = runs.map(({ at_ms }) => Math.floor((at_ms + 13 * MINUTE_MS + 20_000) / MINUTE_MS));
    expect(minutes).to.deep.equal([20, 40, 50, 60, 70]);
    expect(warnings(harness)).to.include('its last run has not ended');
  });

  it('does not run a watcher that would be kept running', async () => {
    await using harness = await started({ ...at2215, action: 'run' }, { autostart: false });
    await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
    expect(harness.supervisor.find('web')?.status).to.equal('stopped');
    expect(warnings(harness)).to.include('respawn false');
  });

  it('begins nothing again while the last time is at work', async () => {
    await using harness = await started({ schedule: '* * * * *', action: 'restart' }, { graceful_timeout: 150 });
    harness.os.behave({ deaf_to: [15] });
    const [pid] = harness.os.alive;
    if (pid === undefined) throw new Error('nothing runs');
    harness.os.exit(pid);
    await harness.clock.advanceAsync(125_000);
    expect(warnings(harness)).to.include('its last run has not ended');
  });

  it('has jobs by name for one watcher or all, and says which watcher there is none of', async () => {
    const jobs = { all: { ...at2215, action: 'stop' }, none: { ...at2215, watcher: 'wbe' } };
    await using harness = await started({}, {}, { jobs });
    expect(harness.lines.filter(({ fields }) => fields.watcher === 'wbe').map(({ level }) => level)).to.deep.equal(['warn']);
    await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
    expect(harness.supervisor.watchers().map(({ status }) => status)).to.deep.equal(['stopped', 'stopped']);
  });

  it('is off where a watcher says so', async () => {
    const config = {
      plugins: { cron: { ...at2215, action: 'stop' } },
      watchers: { web: { cmd: 'web', plugins: { cron: false } }, db: { cmd: 'db' } },
    };
    await using harness = createHarness({ config, plugins: [cron] });
    await harness.start();
    await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
    expect(harness.supervisor.watchers().map(({ name, status }) => `${name} ${status}`)).to.deep.equal(['web active', 'db stopped']);
  });

  it('knows the jobs of a watcher that is added later, and forgets those of one that is removed', async () => {
    await using harness = await started({ ...at2215, action: 'stop' });
    await harness.until(harness.supervisor.remove('web'));
    const late = harness.supervisor.add('late', { cmd: 'late', plugins: { cron: { ...at2215, action: 'start' } } });
    await harness.clock.advanceAsync(UNTIL_2215_MS + 100);
    expect(late.status).to.equal('active');
  });

  it('fails the start where a schedule of the plugin is wrong; of a watcher it is left out and said', async () => {
    const supervisor = new Supervisor({ plugins: { cron: { jobs: { nightly: { schedule: '0 25 * * *' } } } } }, { plugins: [cron] });
    const error = await rejects(supervisor.start(), 'RM_PLUGIN_FAILED');
    expect(error.cause).to.have.property('message').that.includes('job nightly: schedule "0 25 * * *" has "25" for the hour');
    await using harness = await started({ schedule: 'soon' });
    expect(warnings(harness)).to.include('job schedule is left out: schedule "soon" must have 5 fields');
  });

  it('is asked for in an ini, by the keys of a watcher', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ringmaster-cron-'));
    const file = join(directory, 'circus.ini');
    await writeFile(file, '[plugin:c]\nuse = cron\n[watcher:web]\ncmd = web\ncron.schedule = 0 3 * * *\ncron.signal = HUP\n');
    const { config, problems } = await loadConfig(file, { resolvePlugin });
    await rm(directory, { recursive: true });
    expect(problems).to.deep.equal([]);
    expect(config?.watchers.web?.plugins).to.deep.equal({ cron: { schedule: '0 3 * * *', signal: 1 } });
  });

  it('names wrong options', async () => {
    const { problems } = await checkConfig(
      { plugins: { cron: { action: 'explode', jobs: { a: { watcher: 'web' }, b: { schedule: '@daily', signal: 'SIGNOPE' } } } } },
      { resolvePlugin },
    );
    expect(problems.map(({ path }) => path)).to.have.members([
      'plugins.cron.action',
      'plugins.cron.jobs.a.schedule',
      'plugins.cron.jobs.b.signal',
    ]);
  });
});
