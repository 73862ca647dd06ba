import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { eachLine } from '../fixtures/numbered.js';
import { isAlive } from '../fixtures/real.js';
import { LogRig, script } from '../plugins/logs/kit.js';

const FILLER = 'x'.repeat(80);
const OLDEST_FIRST = (a: string, b: string): number => Number(b.slice(6) || 0) - Number(a.slice(6) || 0);

/** Two processes that write until they are ended, and note how far they came. */
async function writers(more: object = {}): Promise<LogRig> {
  const rig = new LogRig((at) => ({
    web: {
      args: [script('progress.mjs'), join(at, 'progress'), FILLER],
      numprocesses: 2,
      max_retry: -1,
      stdout: { type: 'file', filename: join(at, 'a.log'), max_bytes: '1M', backup_count: 10_000 },
      ...more,
    },
  }));
  mkdirSync(join(rig.at, 'progress'));
  await rig.supervisor.start();
  await wrote(rig, 2);
  return rig;
}

const progress = (rig: LogRig): ReadonlyMap<string, number> =>
  new Map(readdirSync(join(rig.at, 'progress')).map((pid) => [pid, Number(rig.text(join('progress', pid)) || -1)]));

/** Waits until so many processes have written something. */
async function wrote(rig: LogRig, processes: number): Promise<void> {
  const enough = (): boolean => [...progress(rig).values()].filter((number) => number > 1000).length >= processes;
  await eventually(enough, { what: `${processes} processes to write` });
}

/** Each process that has ended: the lines that it knows of, and at most the one that it was about to note, are there in order. */
function check(rig: LogRig): void {
  const files = readdirSync(rig.at).filter((name) => name.startsWith('a.log'));
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  eachLine(
    files.sort(OLDEST_FIRST).map((name) => join(rig.at, name)),
    (line) => {
      const [pid = '', number, filler] = line.split(' ');
      if (filler !== FILLER || Number(number) !== (counts.get(pid) ?? 0)) wrong.push(line);
      counts.set(pid, (counts.get(pid) ?? 0) + 1);
    },
  );
  expect(wrong.slice(0, 3)).to.deep.equal([]);
  for (const [pid, noted] of progress(rig)) {
    expect((counts.get(pid) ?? 0) - 1, `lines of ${pid}`)
      .to.be.at.least(noted)
      .and.at.most(noted + 1);
  }
}

describe('what a process writes to its last breath is in the file', () => {
  it('when it is killed, through six replacements, with rotation', async () => {
    await using rig = await writers();
    for (let round = 1; round <= 3; round++) {
      for (const { pid } of rig.watcher().processes()) process.kill(pid, 'SIGKILL');
      await wrote(rig, 2 + 2 * round);
    }
    await rig.watcher().stop();
    expect(progress(rig).size).to.be.at.least(8);
    check(rig);
  });

  const acts: readonly (readonly [string, (rig: LogRig) => Promise<unknown>])[] = [
    ['a stop', async () => {}],
    ['a restart', (rig) => rig.watcher().restart()],
    ['a graceful reload', (rig) => rig.watcher().reload({ graceful: true })],
    [
      'a stop and a start',
      (rig) =>
        rig
          .watcher()
          .stop()
          .then(() => rig.watcher().start()),
    ],
  ];
  for (const [title, act] of acts) {
    it(`at ${title}, when that is told to be done`, async () => {
      await using rig = await writers();
      await act(rig);
      await rig.watcher().stop();
      check(rig);
    });
  }

  it('when the supervisor ends', async () => {
    await using rig = await writers({ graceful_timeout: 5 });
    await rig.supervisor.stop();
    check(rig);
  });

  it('when nobody but a kill ends it', async () => {
    await using rig = await writers({ stop_signal: 'SIGCONT', graceful_timeout: 0.2 });
    await rig.watcher().stop();
    check(rig);
  });

  for (const [title, run] of [
    ['of its group', 'sleep 600 &'],
    ['that has left its group', 'setsid sleep 600 & echo $! > "$0/left";'],
  ] as const) {
    it(`a descendant ${title} that keeps the pipe does not hold up a stop`, async () => {
      await using rig = await LogRig.start((at) => ({
        web: { cmd: 'sh', args: ['-c', `${run} echo last; exec sleep 600`, at], stdout: join(at, 'a.log') },
      }));
      await rig.reads('a.log', /^last\n$/);
      const begin = performance.now();
      await rig.supervisor.stop();
      expect(performance.now() - begin).to.be.lessThan(15_000);
      if (title !== 'of its group') {
        const pid = Number(readFileSync(join(rig.at, 'left'), 'utf8'));
        expect(isAlive(pid)).to.equal(true);
        process.kill(pid, 'SIGKILL');
      }
    });
  }
});
