import { expect } from 'chai';
import { withOutputs } from '../../core/adopt-outputs.js';
import type { Survivor } from '../../core/durable/survivor.js';
import { silentLogger } from '../../core/log.js';
import type { OutputSink } from '../../core/os/port.js';
import { OpenOutputs } from '../../core/output.js';
import type { SlotsHost } from '../../core/slots-host.js';
import { eventually } from '../../core/testing.js';

describe('outputs of processes that were taken over', () => {
  it('are told to be read to the end of each process by itself, though nobody says where they go', async () => {
    const sinks = new Map<number, OutputSink>();
    const pipes = {
      adopt: (index: number, sink: OutputSink) => {
        sinks.set(index, sink);
        return { unref: () => {} };
      },
    };
    const host = {
      log: silentLogger,
      changed: () => {},
      command: () => {
        throw new Error('there is no file /run/env');
      },
      keptOutputs: async () => pipes,
    } as unknown as SlotsHost;
    const told: string[] = [];
    const survivors = [1, 2].map((wid) => ({
      wid,
      pid: 100 + wid,
      ended: false,
      kept: { pipes: [wid, null], read: (pipe: number) => told.push(`pipe ${pipe} of process ${100 + wid}`) },
    })) as unknown as Survivor[];
    const open = new OpenOutputs(host);
    withOutputs(host, open, survivors);
    await eventually(() => sinks.size === 2);
    for (const sink of sinks.values()) sink.end();
    expect(told).to.deep.equal(['pipe 1 of process 101', 'pipe 2 of process 102']);
  });
});
