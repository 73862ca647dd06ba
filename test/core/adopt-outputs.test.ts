import { expect } from 'chai';
import { withOutputs } from '../../core/adopt-outputs.js';
import type { Survivor } from '../../core/durable/survivor.js';
import { silentLogger } from '../../core/log.js';
import type { OutputSink } from '../../core/os/port.js';
import { OpenOutputs } from '../../core/output.js';
import type { SlotsHost } from '../../core/slots-host.js';
import { eventually, VirtualClock } from '../../core/testing.js';

describe('outputs of processes that were taken over', () => {
  let clock: VirtualClock;
  let sinks: Map<number, OutputSink>;
  let told: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    sinks = new Map();
    told = [];
  });

  /** Nobody can say where these processes write to. */
  function takeOver(wids: readonly number[]): readonly Survivor[] {
    const pipes = {
      adopt: (index: number, sink: OutputSink) => {
        sinks.set(index, sink);
        return { unref: () => {} };
      },
    };
    const host = {
      log: silentLogger,
      clock,
      changed: () => {},
      command: () => {
        throw new Error('there is no file /run/env');
      },
      keptOutputs: async () => pipes,
    } as unknown as SlotsHost;
    const survivors = wids.map((wid) => ({
      wid,
      pid: 100 + wid,
      ended: false,
      kept: { pipes: [wid, null], read: (pipe: number) => told.push(`pipe ${pipe} of process ${100 + wid}`) },
      adopt: () => false,
    })) as unknown as Survivor[];
    return withOutputs(host, new OpenOutputs(host), survivors);
  }

  it('are told to be read to the end of each process by itself, though nobody says where they go', async () => {
    takeOver([1, 2]);
    await clock.advanceAsync(30_999);
    expect(sinks).to.have.property('size', 0);
    await clock.advanceAsync(1);
    expect(sinks).to.have.property('size', 2);
    for (const sink of sinks.values()) sink.end();
    expect(told).to.deep.equal(['pipe 1 of process 101', 'pipe 2 of process 102']);
  });

  it('are waited for no longer where a process has ended, so that a stop does not wait for that', async () => {
    const [survivor] = takeOver([1]);
    survivor?.adopt({ exited: () => {} } as Parameters<Survivor['adopt']>[0]);
    await eventually(() => sinks.size === 1);
    sinks.get(1)?.end();
    expect(clock.pending).to.deep.equal([]);
  });
});
