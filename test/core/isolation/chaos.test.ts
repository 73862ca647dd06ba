import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { Supervisor } from '../../../core/index.js';
import { eventually, type LogLine, noLeaks, recordEvents, recordingLogger } from '../../../core/testing.js';
import { textOf } from '../../fixtures/text-of.js';

const CHAOS = resolve('test/fixtures/plugins/isolation/chaos.js');
const KILLS = 12;

/** What each deed leads to, in the log; none: nothing that anybody would have to know. */
const DEEDS: Readonly<Record<string, RegExp | null>> = {
  nothing: null,
  spin: /gave no answer within 100 ms/,
  throw: /failed in hook respawn: chaos/,
  reject: /failed in hook event: chaos/,
  hang: /gave no answer within 100 ms/,
  leak: /its guest has ended and is started again/,
  gulp: /its guest has ended and is started again/,
  flood: /lines for the log were dropped/,
  exit: /has ended and is started again in \d+ ms: \w+ \d+ ended with status 3/,
  die_in_timer: /has ended and is started again in \d+ ms/,
};
/** A thread has no standard output of its own that could be written to. */
const OF_A_PROCESS: Readonly<Record<string, RegExp>> = {
  garbage: /wrote what is no message/,
  half_a_line: /wrote what is no message: half a line/,
  long_line: /wrote a line of more than \d+ characters/,
};

/** Children of this process that run a guest. */
function guests(): readonly string[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1').match(/\d+/g) ?? [];
  return children.filter((pid) => textOf(`/proc/${pid}/cmdline`).includes('guest-entry'));
}

async function survive(tier: string, deed: string, told: RegExp | null): Promise<void> {
  const record = recordEvents();
  const lines: LogLine[] = [];
  const isolation = { tier, memory_limit: deed === 'leak' || deed === 'gulp' ? '32M' : '128M', patience: 3 };
  const config = { watchers: { web: { cmd: 'sleep 86400', numprocesses: 4 } }, plugins: { [CHAOS]: { deed, isolation, fault_budget: 0 } } };
  await using supervisor = new Supervisor(config, { plugins: [record.plugin], log: recordingLogger(lines) });
  await supervisor.start();
  const web = supervisor.find('web');
  const pids = (): readonly number[] => web?.processes().map(({ pid }) => pid) ?? [];
  const killed: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    // No worker id more than three times: a command that keeps dying young waits before it is started again.
    const pid = pids()[round % 4] ?? 0;
    process.kill(pid, 'SIGKILL');
    killed.push(pid);
    await eventually(() => !pids().includes(pid) && pids().length === 4, { what: `${pid} to be replaced` });
  }
  const reaped = record.events.flatMap((event) => (event.name === 'reap' ? [event.body.process_pid] : []));
  const spawned = record.events.filter(({ name }) => name === 'spawn');
  expect(reaped).to.deep.equal(killed);
  expect(spawned).to.have.length(4 + KILLS);
  if (told) {
    await eventually(() => lines.some(({ message }) => told.test(message)), {
      what: `the log to have ${told}\n${lines
        .map(({ message }) => message)
        .join('\n')
        .slice(-2000)}`,
    });
  }
  await supervisor.stop();
  expect(supervisor.state).to.equal('stopped');
}

describe('an isolated plugin that misbehaves while processes are killed', () => {
  noLeaks();

  for (const tier of ['worker', 'process']) {
    for (const [deed, told] of Object.entries({ ...DEEDS, ...(tier === 'process' ? OF_A_PROCESS : {}) })) {
      it(`${deed} in a ${tier}: each process is replaced once, and all of it ends with the supervisor`, async () => {
        await survive(tier, deed, told);
        expect(guests()).to.deep.equal([]);
      });
    }
  }
});
