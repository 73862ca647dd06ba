import { readCommandLine } from '../fixtures/command-line.js';
import { Daemon, openFds, rssBytes, sleepers } from '../fixtures/daemon.js';
import { flood } from './flood.js';

/** Sends malformed messages to a daemon by hand: `--count 1000000 --seed 1`. */
const { values } = readCommandLine({ options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } });
const MIB = 1024 * 1024;

await using daemon = await Daemon.start(sleepers(2));
const parts = 10;
for (let part = 0; part < parts; part++) {
  const { slowest_ms, ...rest } = await flood(daemon.place.endpoint, Number(values.seed) + part, Math.ceil(Number(values.count) / parts));
  const now = { rss_mib: Math.round(rssBytes(daemon.pid) / MIB), fds: Object.keys(openFds(daemon.pid)).length };
  console.log(JSON.stringify({ part, ...rest, slowest_ms: Math.round(slowest_ms), ...now }));
}
