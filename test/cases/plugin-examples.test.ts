import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { Daemon, type Place } from '../fixtures/daemon.js';

const ALARM = resolve('examples/plugins/python/alarm.py');
const JOURNAL = resolve('examples/plugins/shell/journal.sh');

/** A daemon of its own with the watchers and plugins of a test. */
function withPlugins(more: (place: Place) => object): Parameters<typeof Daemon.start>[0] {
  const config = (place: Place): string =>
    JSON.stringify({ endpoint: place.endpoint, pubsub_endpoint: place.pubsub_endpoint, ...more(place) });
  return { file: 'ringmaster.json', bin: 'main', args: () => ['run'], config };
}

describe('plugins in other languages', () => {
  it('the example in Python runs its command after so many deaths, with the options of each watcher', async () => {
    const watchers = {
      flaky: { cmd: "sh -c 'sleep 0.1; exit 1'" },
      other: { cmd: "sh -c 'sleep 0.1; exit 1'", plugins: { alarm: false } },
    };
    await using daemon = await Daemon.start(
      withPlugins(() => ({
        watchers,
        plugins: { [ALARM]: { isolation: 'process', run: 'echo "alarm for $WATCHER after $DEATHS"', deaths: 2 } },
      })),
    );
    await daemon.printed('alarm for flaky after 2');
    await daemon.printed('2 processes of flaky have died');
    expect(daemon.stdout).not.to.include('alarm for other');
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('the example in Python refuses to start what it is told to keep closed', async () => {
    const watchers = { web: { cmd: 'sleep 60', plugins: { alarm: { closed: true } } } };
    await using daemon = await Daemon.start(withPlugins(() => ({ watchers, plugins: { [ALARM]: { isolation: 'process', run: 'true' } } })));
    expect(daemon.stdout).to.include('the alarm is closed');
    expect(await daemon.client().call('status', { name: 'web' })).to.include({ status: 'stopped' });
  });

  it('the example in the shell writes down what has ended, by a command of its own', async () => {
    const watchers = { flaky: { cmd: "sh -c 'exit 3'" } };
    await using daemon = await Daemon.start(
      withPlugins(() => ({
        watchers,
        plugins: { journal: { isolation: { tier: 'process', command: ['sh', JOURNAL] }, file: 'ended.txt' } },
      })),
    );
    const file = resolve(daemon.place.directory, 'ended.txt');
    const text = await eventually(() => readFile(file, 'utf8'));
    expect(text).to.match(/^flaky \d+ 3\n/);
  });

  for (const [folder, said] of [
    ['python', '2 processes of flaky have died'],
    ['shell', '"plugin":"control"'],
  ] as const) {
    it(`the config of the example in ${folder} is right, and runs`, async () => {
      const file = `examples/plugins/${folder}/ringmaster.yaml`;
      const { stdout, status } = await runBin('main', ['check', file]);
      expect(stdout).to.include('no problems');
      expect(status).to.equal(0);
      try {
        await using daemon = await Daemon.program(['dist/core/main.js', 'run', file]);
        await daemon.printed(said);
        await daemon.printed('"msg":"ready: ');
        daemon.kill('SIGTERM');
        expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
      } finally {
        await rm('examples/plugins/shell/ended.txt', { force: true });
      }
    });
  }

  it('wrong options are told by check as those of any plugin, and so is what can not run', async () => {
    await using daemon = await Daemon.launch(
      withPlugins(() => ({
        watchers: { web: { cmd: 'sleep 60' } },
        plugins: {
          [ALARM]: { isolation: 'process', run: 'true', deaths: 'none' },
          one: { isolation: 'proces' },
          two: { isolation: { tier: 'process', command: 'no-such-program' } },
          three: { isolation: { tier: 'process', command: 'echo hello' } },
          four: { isolation: { tier: 'worker', command: 'echo hello' } },
          [JOURNAL]: { isolation: 'worker' },
        },
      })),
    );
    await daemon.ended;
    expect(daemon.stderr).to.match(/alarm\.py"\]\.deaths must be an integer, at least 1, got "none"/);
    expect(daemon.stderr).to.match(
      /plugins\.one\.isolation must be one of none, worker, process, or .*, got "proces"; did you mean process/,
    );
    expect(daemon.stderr).to.match(/plugins\.two can’t be used: cannot run plugin "two" with isolation process: .*no-such-program/);
    expect(daemon.stderr).to.match(/plugins\.three can’t be used: .*ended with status 0; .*hello/);
    expect(daemon.stderr).to.match(/plugins\.four can’t be used: .*a thread runs a module, not a command/);
    expect(daemon.stderr).to.match(/a thread runs a module of JavaScript, and .*journal\.sh is none/);
  });
});
