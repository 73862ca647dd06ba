import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonEnd, randomFrom, sleepers } from '../fixtures/daemon.js';
import { textOf } from '../fixtures/text-of.js';

/** Everything has to be gone this long after the daemon was asked to end: half of what a process has for it that does not want to. */
const GONE_WITHIN_MS = 15_000;
const SEED = Number(process.env.RINGMASTER_TEST_SEED ?? Date.now() % 1_000_000);

/** Asks the daemon to end, waits for that, and says how long it took. */
async function endBy(daemon: Daemon, ask: () => unknown): Promise<{ readonly end: DaemonEnd; readonly took_ms: number }> {
  const asked_ms = performance.now();
  await ask();
  const end = await daemon.gone();
  return { end, took_ms: performance.now() - asked_ms };
}

/** One that has started at least 500 of its workers and not all 1,000, and is held there by SIGSTOP. */
async function halfWay(): Promise<Daemon> {
  for (;;) {
    const daemon = await Daemon.launch(sleepers(1000));
    await eventually(() => daemon.workers.length >= 500, { what: 'half of the workers' });
    daemon.kill('SIGSTOP');
    await eventually(() => / T /.test(textOf(`/proc/${daemon.pid}/stat`)));
    // On a busy machine it may have been too late to look.
    if (daemon.workers.length < 1000) return daemon;
    await daemon[Symbol.asyncDispose]();
  }
}

describe('the daemon is asked to end while it starts', () => {
  for (const [signal, rounds] of [
    ['SIGTERM', 20],
    ['SIGINT', 5],
  ] as const) {
    it(`${signal} at a random moment of starting 300 workers, ${rounds} times: status 0 and nothing is left`, async () => {
      const random = randomFrom(SEED);
      for (let round = 0; round < rounds; round++) {
        await using daemon = await Daemon.launch(sleepers(300));
        // From before it has read its config to after all of them run.
        await daemon.printed('"msg":"ringmaster ');
        const delay_ms = random() * 700;
        await sleep(delay_ms);
        const { end, took_ms } = await endBy(daemon, () => daemon.kill(signal));
        const told = `seed ${SEED}, round ${round}, ${delay_ms} ms after its first line\n${daemon.said}`;
        expect(end, told).to.deep.equal({ status: 0, signal: null });
        expect(took_ms, told).to.be.below(GONE_WITHIN_MS);
      }
    });
  }

  it('quit over the wire at a random moment, 5 times: it is answered, status 0 and nothing is left', async () => {
    const random = randomFrom(SEED + 1);
    for (let round = 0; round < 5; round++) {
      await using daemon = await Daemon.launch(sleepers(300));
      await daemon.printed('control endpoint is open');
      const delay_ms = random() * 500;
      await sleep(delay_ms);
      const { end, took_ms } = await endBy(daemon, async () => {
        expect((await daemon.client().call('quit', {}, { waiting: true })).status).to.equal('ok');
      });
      const told = `seed ${SEED}, round ${round}, ${delay_ms} ms after its endpoint was open\n${daemon.said}`;
      expect(end, told).to.deep.equal({ status: 0, signal: null });
      expect(took_ms, told).to.be.below(GONE_WITHIN_MS);
    }
  });

  it('SIGTERM in the middle of starting 1,000 workers: status 0 and nothing is left', async () => {
    await using daemon = await halfWay();
    const { end, took_ms } = await endBy(daemon, () => {
      daemon.kill('SIGTERM');
      daemon.kill('SIGCONT');
    });
    expect(end, daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(daemon.stdout).not.to.include('web started');
    expect(took_ms, daemon.said).to.be.below(GONE_WITHIN_MS);
  });

  it('SIGTERM in the first 300 ms, in steps of 10 ms: status 0, or killed before it had begun anything', async () => {
    for (let delay_ms = 0; delay_ms < 300; delay_ms += 10) {
      await using daemon = await Daemon.launch(sleepers(50));
      await sleep(delay_ms);
      const { end, took_ms } = await endBy(daemon, () => daemon.kill('SIGTERM'));
      const told = `${delay_ms} ms after exec\n${daemon.said}`;
      // Node itself takes a while to start; until then the signal has its default action.
      expect(end, told).to.deep.equal(
        daemon.stdout === '' && end.signal ? { status: null, signal: 'SIGTERM' } : { status: 0, signal: null },
      );
      expect(daemon.stderr, told).to.equal('');
      expect(took_ms, told).to.be.below(GONE_WITHIN_MS);
    }
  });
});
