import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { Daemon } from '../fixtures/daemon.js';

const FAILS = `export default {
  name: 'fails',
  summary: 'Fails all the time.',
  schema: { type: 'object', additionalProperties: false, properties: { every: { type: 'integer', minimum: 1, default: 10, description: 'Milliseconds.' } } },
  hooks: ['event'],
  setup({ config, clock, hooks }) {
    hooks.event.tap(() => undefined);
    const again = () => {
      clock.setTimeout(again, config.every);
      throw new Error('boom');
    };
    clock.setTimeout(again, config.every);
  },
};
`;

describe('plugins of a running daemon', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start({
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: ({ endpoint, pubsub_endpoint, marker }) =>
        JSON.stringify({
          endpoint,
          pubsub_endpoint,
          watchers: { web: { cmd: `sleep ${marker}`, numprocesses: 2 }, bad: { cmd: 'sh -c "exit 1"', autostart: false } },
          plugins: { backoff: {} },
        }),
    });
    await writeFile(join(daemon.place.directory, 'fails.mjs'), FAILS);
  });
  after(() => daemon[Symbol.asyncDispose]());

  const ringmaster = (...args: readonly string[]) =>
    runBin('main', args, { env: { RINGMASTER_ENDPOINT: daemon.place.endpoint }, cwd: daemon.place.directory });

  it('are added, changed, seen and removed on the command line, and no process ends', async () => {
    const workers = daemon.workers;
    expect((await ringmaster('plugin', 'add', 'flapping', 'attempts=3')).stdout).to.match(/^plugin flapping is up, set up in /);
    expect((await ringmaster('plugins')).stdout).to.match(/^PLUGIN +STATE .*\n(?:.*\n)*flapping +up .* attempts=3\n/);
    expect((await ringmaster('plugin', 'reconfigure', 'flapping', 'attempts=4', 'active=no')).status).to.equal(0);
    const { stdout } = await ringmaster('plugins', 'flapping');
    expect(stdout)
      .to.match(/ attempts +4 +run time\n/)
      .and.match(/ active +false +run time\n/)
      .and.match(/ window +1 +default\n/);
    const plan = await ringmaster('plan');
    expect([plan.stdout, plan.status]).to.deep.equal([
      '- plugin flapping: close (drift: added at run time)\n\n1 step; no process ends\n',
      4,
    ]);
    expect((await ringmaster('plugin', 'remove', 'flapping')).stdout).to.equal('closed flapping; until the daemon is started again\n');
    expect((await ringmaster('plan')).status).to.equal(0);
    expect(daemon.workers).to.deep.equal(workers);
  });

  const refusals: readonly (readonly [readonly string[], string, number])[] = [
    [['plugin', 'add', 'flapping', 'attempts=many'], 'error: plugins.flapping.attempts must be an integer, at least 1, got "many"', 3],
    [['plugin', 'add', 'flapping', 'atempts=1'], 'did you mean attempts?', 3],
    [['plugin', 'add', 'flapping', 'attempts'], 'an option must be KEY=VALUE, got "attempts"', 1],
    [['plugin', 'add', 'flapping', 'attempts=[1'], 'attempts looks like JSON and is none', 1],
    [['plugin', 'add', './nowhere.mjs'], 'nowhere.mjs', 3],
    [['plugin', 'remove', 'control'], 'plugin "control" can only be changed in the config', 3],
    [['plugin', 'remove', 'bakoff'], 'did you mean "backoff"?', 3],
    [['plugin', 'delete', 'backoff'], "unknown command 'delete'", 2],
    [['inspect', 'respwan'], 'did you mean respawn?', 3],
    [['set', 'web', 'backoff.factor', 'x'], "'plugins.backoff.factor' must be", 3],
  ];
  for (const [args, told, status] of refusals) {
    it(`are refused: ringmaster ${args.join(' ')}`, async () => {
      const ended = await ringmaster(...args);
      expect(ended.stderr).to.include(told);
      expect(ended).to.include({ stdout: '', status });
    });
  }

  it('are detached where they keep failing, and brought back', async () => {
    expect((await ringmaster('plugin', 'add', './fails.mjs')).status).to.equal(0);
    await eventually(() => daemon.stdout.includes('is detached'), { what: 'the plugin to be detached' });
    expect(daemon.stdout).to.include('10 failures in a row in a timer').and.to.include('ringmaster plugin reconfigure fails');
    expect((await ringmaster('plugins')).stdout).to.match(/\nfails +detached .* 10 failures in a row in a timer; the last: boom\n/);
    await ringmaster('plugin', 'reconfigure', 'fails', 'every=3600000');
    expect((await ringmaster('plugins', 'fails')).stdout).to.match(/^fails: up\nfrom .*fails\.mjs\n/);
    await ringmaster('plugin', 'remove', 'fails');
  });

  it('say why a watcher is as it is, and what ran in which hook', async () => {
    await ringmaster('start', 'bad');
    const client = daemon.client();
    const reasons = async (): Promise<string> => JSON.stringify((await client.call('why', { name: 'bad' })).decisions);
    await eventually(async () => /ended early \d+ times in a row/.test(await reasons()), { what: 'a second death' });
    const { stdout } = await ringmaster('why', 'bad');
    expect(stdout).to.match(/\n[\d:.]+ +- +start +request +asked to start\n/);
    expect(stdout).to.match(/\n[\d:.]+ +worker 1 +respawn.* +backoff \(respawn\) +ended early \d+ times in a row; ended with status \d+\n/);
    const inspected = JSON.parse((await ringmaster('inspect', 'respawn', '--json', '--last', '1')).stdout);
    expect(inspected.calls[0]).to.include({ hook: 'respawn', plugin: 'backoff', watcher: 'bad' });
    expect((await ringmaster('inspect', 'backoff')).stdout).to.match(/backoff +respawn +bad +.* changed +ended early/);
    await ringmaster('stop', 'bad', '--waiting');
    expect((await ringmaster('why', 'bad')).stdout).to.match(/ stop +request +asked to stop\n$/);
  });
});

describe('plugins without a daemon', () => {
  const ringmaster = (...args: readonly string[]) => runBin('main', args);

  it('are described with every option, by name and by path', async () => {
    const { stdout, status } = await ringmaster('plugins', 'describe', 'flapping');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^flapping: Pauses a watcher/);
    expect(stdout)
      .to.match(/\nHooks: respawn, watcher_removed\n/)
      .and.match(/\n {2}attempts: an integer, at least 1; default 2\n {6}\S/);
    expect(stdout).to.match(/\nOptions of every plugin:\n {2}fault_budget: an integer, at least 0; no default\n/);
    const data = JSON.parse((await ringmaster('plugins', 'describe', './test/fixtures/plugins/mine.js', '--json')).stdout);
    expect(data).to.include.keys('name', 'summary', 'schema', 'hooks', 'per_watcher');
    const wrong = await ringmaster('plugins', 'describe', 'flaping');
    expect([wrong.status, wrong.stderr]).to.deep.equal([
      1,
      'ringmaster plugins describe: cannot load plugin "flaping": no plugin or npm package of that name, did you mean "flapping"?\n',
    ]);
  });

  it('have a sample that the check accepts as it is', async () => {
    const { stdout } = await ringmaster('config', 'sample', '--plugin', 'flapping');
    expect(stdout)
      .to.match(/^plugins:\n {2}# Pauses .*\n {2}flapping:\n/)
      .and.match(/\n {4}# .*\n {4}attempts: 2\n/);
    expect(stdout).to.match(/\n {4}# fault_budget:\n/);
    const all = await ringmaster('config', 'sample');
    expect(all.stdout).to.include('watchers:\n  web:\n');
    const { parse } = await import('yaml');
    expect(parse(stdout)).to.have.nested.property('plugins.flapping.attempts', 2);
  });

  it('have help worth reading', async () => {
    const { stdout } = await ringmaster('plugin', '--help');
    for (const part of ['add', 'reconfigure', 'remove', '<name> [<key>=<value>…]']) expect(stdout).to.include(part);
    expect((await ringmaster('plugin', 'add', '--help')).stdout).to.include(
      'Usage: ringmaster plugin add [options] <name> [<key>=<value>…]',
    );
    expect((await ringmaster('--help')).stdout).to.match(
      /\n {2}plugin +add, describe, reconfigure, remove, new, test; see ringmaster plugin --help\n/,
    );
  });
});
