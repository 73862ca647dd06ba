import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Client } from '../../../plugins/control/client.js';
import { Crew } from '../crew.js';
import type { Contender, Figure } from '../figure.js';
import { isThere, PEERS, type Peer } from '../peers.js';
import { until } from '../place.js';

const script: Contender = {
  name: 'empty node script',
  measure: async () => {
    const begin_ms = performance.now();
    await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
    return { answer_ms: performance.now() - begin_ms };
  },
};

const daemon = (peer: Peer): Contender => ({
  name: peer.name,
  measure: async () => {
    await using crew = await Crew.start(peer, { workers: 0, shape: 'many' });
    const socket = crew.place.file('control');
    await until(() => existsSync(socket), 'endpoint');
    using client = new Client({ endpoint: `ipc://${socket}`, timeout_ms: 20_000 });
    await client.call('numwatchers', {});
    return { answer_ms: performance.now() - crew.started_ms };
  },
});

export const empty: Figure = {
  title: 'from the launch with no watchers to an answer of the control endpoint',
  contenders: () => [script, ...PEERS.filter((peer) => ['ringmaster', 'Circus'].includes(peer.name) && isThere(peer)).map(daemon)],
  goals: [{ of: 'ringmaster', metric: 'answer_ms', sense: 'at most', than: { times: 2, of: 'empty node script' } }],
};
