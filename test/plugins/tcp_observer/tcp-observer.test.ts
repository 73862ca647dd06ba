import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { checkConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { eventually, noLeaks } from '../../../core/testing.js';
import { wantedChecks } from '../../../plugins/checks/observed.js';
import { checksOf } from '../../../plugins/tcp_observer/policy.js';
import { Real } from '../../fixtures/real.js';
import { listenOnUdp, type UdpServer } from '../../fixtures/udp.js';

const STATSD = { application_name: 'tcp_observer', host: '127.0.0.1', port: 8125, sample_rate: 1, tags: '' };
const sleeper = { cmd: process.execPath, args: ['-e', 'setInterval(() => {}, 60000)'] };

function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => server.emit('lost')).resume());
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}
const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const observing = (statsd: UdpServer, check: object) => () => ({
  plugins: { tcp_observer: { host: '127.0.0.1', port: statsd.port, loop_rate: 0.05, timeout: 1, checks: { db: check } } },
  watchers: { web: sleeper },
});

describe('tcp_observer', () => {
  noLeaks();

  it('takes what a check does not say from the plugin', () => {
    const check = { host: 'db', port: 5432, failures: 3, action: 'event', watcher: 'web' } as const;
    const config = { ...STATSD, loop_rate: 60, timeout: 10, checks: { one: check, two: { ...check, loop_rate: 1, timeout: 0.5 } } };
    const checks = wantedChecks({ config, configFor: () => null, checks: checksOf, figures: 'tcp_stats' }, []);
    expect(checks.map(({ title, prefix, loop_rate_ms, timeout_ms }) => [title, prefix, loop_rate_ms, timeout_ms])).to.deep.equal([
      ['TCP check one', 'tcp_stats.one', 60_000, 10_000],
      ['TCP check two', 'tcp_stats.two', 1000, 500],
    ]);
  });

  it('times connections, and tells when there are none any more, and when there are again', async () => {
    await using statsd = await listenOnUdp();
    const server = await listen();
    const port = portOf(server);
    await using real = await Real.start(observing(statsd, { port, action: 'event', watcher: 'web', failures: 2 }));
    await eventually(() =>
      statsd.messages.some((text) => /^circus\.tcp_observer\.watcher\.tcp_stats\.db\.connect_time:\d+\|ms$/.test(text)),
    );
    await close(server);
    await eventually(() => real.record.names('web').includes('check_failed'));
    await eventually(() => expect(statsd.messages).to.include('circus.tcp_observer.watcher.tcp_stats.db.error:1|c'));
    const again = await listen(port);
    await eventually(() => real.record.names('web').includes('check_recovered'));
    await close(again);
  });

  it('restarts a watcher when connections are refused', async () => {
    await using statsd = await listenOnUdp();
    const server = await listen();
    const port = portOf(server);
    await close(server);
    await using real = await Real.start(observing(statsd, { port, watcher: 'web', failures: 3 }));
    const [before] = real.pids();
    await eventually(() => real.pids().length === 1 && real.pids()[0] !== before);
    await eventually(() => statsd.messages.includes('circus.tcp_observer.watcher.tcp_stats.db.restart_on_error:1|c'));
  });

  it('names wrong options of a check', async () => {
    const checks = { db: { host: 'db', prt: 1 }, mq: { port: 1, action: 'reboot' } };
    const { problems } = await checkConfig({ plugins: { tcp_observer: { checks } } }, { resolvePlugin });
    expect(problems.map(({ path, did_you_mean, found }) => [path, did_you_mean ?? found ?? null])).to.deep.include.members([
      ['plugins.tcp_observer.checks.db.prt', 'port'],
      ['plugins.tcp_observer.checks.mq.action', '"reboot"'],
    ]);
  });
});
