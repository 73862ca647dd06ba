import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, randomFrom } from '../fixtures/daemon.js';

const WRITERS = 3;
const ROUNDS = 3;
/** Writes `PID NUMBER` lines, a few thousand a second, until it is told to stop. */
const WRITER = `
import os, signal, sys, time
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
n = 0
while not stopped:
    for _ in range(20):
        os.write(1, b'%d %d\\n' % (os.getpid(), n))
        n += 1
    time.sleep(0.005)
`;

const log = (directory: string): string => join(directory, 'out.log');
const linesOf = ({ place }: Daemon): readonly string[] => readFileSync(log(place.directory), 'latin1').split('\n').slice(0, -1);

const writers = (...args: readonly string[]): DaemonOptions => ({
  file: 'ringmaster.json',
  bin: 'main',
  args: () => ['run', ...args],
  config: ({ directory, marker, endpoint, pubsub_endpoint }) =>
    JSON.stringify({
      ...{ endpoint, pubsub_endpoint, durable: true, state_dir: join(directory, 'state') },
      watchers: {
        web: { cmd: 'python3', args: ['-c', WRITER, marker], numprocesses: WRITERS, stdout: { type: 'file', filename: log(directory) } },
      },
    }),
});

/** Each line of each writer is there once, in order, and there were no other writers. */
function expectWhole(daemon: Daemon): void {
  const next = new Map<string, number>();
  for (const line of linesOf(daemon)) {
    const [pid = '', number] = line.split(' ');
    expect(Number(number), `line of ${pid}`).to.equal(next.get(pid) ?? 0);
    next.set(pid, Number(number) + 1);
  }
  expect(next.size).to.equal(WRITERS);
}

(process.platform === 'linux' ? describe : describe.skip)('output across upgrades', function () {
  this.timeout(120_000);

  it('is whole: each line of each process is there once, in order', async () => {
    await using daemon = await Daemon.start(writers());
    const client = daemon.client(60_000);
    const lines = (): readonly string[] => linesOf(daemon);
    await eventually(() => lines().length > 1000);
    for (let round = 0; round < ROUNDS; round++) {
      const before = lines().length;
      expect(await client.call('upgrade'), daemon.said).to.include({ kept: WRITERS });
      await eventually(() => lines().length > before + 1000);
    }
    await client.call('stop', { name: 'web' }, { waiting: true });
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    expectWhole(daemon);
  });

  it('is whole too where supervisors are killed in between, at any moment, and started again by their parent', async () => {
    const seed = Date.now() % 100_000;
    const random = randomFrom(seed);
    await using daemon = await Daemon.start(writers('--respawn'));
    await eventually(() => linesOf(daemon).length > 1000);
    for (let round = 0; round < 8; round++) {
      await new Promise((resolve) => setTimeout(resolve, random() * 1500));
      const children = readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'latin1').match(/\d+/g) ?? [];
      if (random() < 0.5) daemon.kill('SIGUSR2');
      else for (const pid of children) process.kill(Number(pid), 'SIGKILL');
    }
    const before = linesOf(daemon).length;
    await eventually(() => linesOf(daemon).length > before + 1000, { deadline_ms: 30_000, what: `more output, seed ${seed}` });
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), `seed ${seed}\n${daemon.said}`).to.deep.equal({ status: 0, signal: null });
    expectWhole(daemon);
  });
});
