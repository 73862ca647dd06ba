import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon } from '../fixtures/daemon.js';

/** The last that the daemon takes; SIGTERM is taken by Node.js itself from the start, and ends it. */
const SIGUSR2_BIT = 1n << 11n;

/** Whether the daemon has taken its signals. @source proc(5), SigCgt */
function takesSignals(pid: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & SIGUSR2_BIT) !== 0n;
}

(process.platform === 'linux' ? describe : describe.skip)('a stop that is asked for while processes are taken over', () => {
  for (const state_dir of ['named', 'default'] as const) {
    for (const delay_ms of [0, 60, 150]) {
      it(`ends them too, ${delay_ms} ms after signals are taken, with the ${state_dir} state directory`, async () => {
        await using first = await Daemon.start({
          file: 'ringmaster.json',
          bin: 'main',
          args: () => ['run'],
          config: ({ directory, marker, endpoint, pubsub_endpoint }) =>
            JSON.stringify({
              ...{ endpoint, pubsub_endpoint, durable: true },
              ...(state_dir === 'named' && { state_dir: join(directory, 'state') }),
              watchers: { web: { cmd: `sleep ${marker}`, numprocesses: 3 } },
            }),
        });
        await eventually(() => first.workers.length === 3);
        first.kill('SIGKILL');
        await first.ended;
        expect(first.workers).to.have.length(3);
        await using second = first.again();
        await eventually(() => takesSignals(second.pid));
        await new Promise((resolve) => setTimeout(resolve, delay_ms));
        second.kill('SIGTERM');
        expect(await second.gone(), second.said).to.deep.equal({ status: 0, signal: null });
      });
    }
  }
});
