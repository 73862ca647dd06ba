import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { rejects } from '../fixtures/control/expect.js';
import { Daemon, type DaemonOptions, openFds } from '../fixtures/daemon.js';
import { killed } from '../fixtures/durable/lives.js';
import { child } from '../fixtures/real.js';
import { OtherPackage } from '../fixtures/upgrade/package.js';

/** What a process is spawned with is known late, so that the watchdog is asked for it when processes are already taken over. */
const SLOW = `export default {
  name: 'slow',
  summary: 'Takes its time.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  hooks: ['spawn_options'],
  setup({ hooks }) {
    hooks.spawn_options.tap(() => new Promise((resolve) => setTimeout(resolve, 500)));
  },
};`;
const PATIENCE = { loop_rate: 1, max_count: 5 };

/** Who gives signs of life for ever, who gives none any more, and who never gave any, by heartbeats over UDP. */
const watched: DaemonOptions = {
  file: 'ringmaster.yaml',
  bin: 'main',
  args: () => ['run'],
  config: ({ directory, endpoint, pubsub_endpoint, marker }) => {
    const notifying = (...words: readonly string[]) => ({
      cmd: '/usr/bin/python3',
      args: [child('notify.py'), ...words, `=${marker}`],
      stdout: { type: 'file', filename: `${directory}/out` },
      plugins: { watchdog: { notify: true } },
    });
    writeFileSync(join(directory, 'slow.mjs'), SLOW);
    return JSON.stringify({
      endpoint,
      pubsub_endpoint,
      durable: true,
      state_dir: `${directory}/state`,
      plugins: { './slow.mjs': {}, watchdog: { port: 0, watchers_regex: 'mute', ...PATIENCE } },
      watchers: {
        steady: notifying('READY=1\nSTATUS=all is well', 'WATCHDOG=1\nSTATUS=all is well', '*0.05'),
        silent: notifying('READY=1', 'WATCHDOG=1'),
        mute: { cmd: `sleep ${marker}` },
      },
    });
  },
};

const pidOf = async (daemon: Daemon, name: string): Promise<number> => (await daemon.client().call('list', { name })).pids?.[0] ?? 0;
const socketOf = (pid: number): string => /NOTIFY_SOCKET=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] ?? '';

/** That processes of an earlier life are watched as before: the one that gives signs of life stays, the others are replaced. */
async function watchesOn(daemon: Daemon, steady: number, others: Readonly<Record<string, number>>): Promise<void> {
  await Promise.all(
    Object.entries(others).map(([name, pid]) =>
      daemon.printed(new RegExp(`adopted 3 processes[^]*${name}: process ${pid} sends no heartbeats for 5 s and is killed`)),
    ),
  );
  expect(await pidOf(daemon, 'steady'), daemon.said).to.equal(steady);
  await eventually(async () => {
    const { info } = await daemon.client().call('stats', { name: 'steady', extended: true });
    return JSON.stringify(info).includes('all is well');
  });
}

(process.platform === 'linux' ? describe : describe.skip)('the watchdog of durable processes', function () {
  this.timeout(90_000);

  for (const [what, next] of [
    [
      'a crash',
      async (daemon: Daemon) => {
        await killed(daemon);
        return daemon.again();
      },
    ],
    [
      'an upgrade',
      async (daemon: Daemon) => {
        await daemon.client(60_000).call('upgrade');
        return daemon;
      },
    ],
  ] as const) {
    it(`goes on watching them over ${what}, at the sockets that they were given`, async () => {
      await using first = await Daemon.start(watched);
      const steady = await pidOf(first, 'steady');
      const path = socketOf(steady);
      const others = { silent: await pidOf(first, 'silent'), mute: await pidOf(first, 'mute') };
      await using second = await next(first);
      await second.ready();
      await watchesOn(second, steady, others);
      await eventually(async () => expect(dirname(socketOf(await pidOf(second, 'silent')))).to.equal(dirname(path)));
      expect(await pidOf(second, 'steady'), second.said).to.equal(steady);
      second.kill('SIGTERM');
      await second.gone();
      expect(existsSync(dirname(path))).to.equal(false);
    });
  }

  it('goes on watching them where an upgrade fails in the end, and leaves nothing open', async () => {
    const place = mkdtempSync(join(tmpdir(), 'rm-node-'));
    const node = join(place, 'node');
    const once = join(place, 'once.mjs');
    copyFileSync(process.execPath, node);
    using other = new OtherPackage('9.9.9');
    // The check still works, and takes away what is to be executed next.
    other.prefix(`require('node:fs').renameSync(${JSON.stringify(node)}, ${JSON.stringify(once)});`);
    await using daemon = await Daemon.start({ ...watched, under: ['/bin/sh', '-c', `shift; exec ${node} "$@"`, 'sh'] });
    const steady = await pidOf(daemon, 'steady');
    const sockets = (): number => Object.values(openFds(daemon.pid)).filter((target) => target.startsWith('socket:')).length;
    const client = daemon.client(60_000);
    const counts: number[] = [];
    for (let times = 0; times < 3; times++) {
      await rejects(client.call('upgrade', { package: other.directory }), 'RM_CLIENT_REPLY');
      renameSync(once, node);
      await eventually(async () => {
        const { info } = await client.call('stats', { name: 'steady', extended: true });
        return JSON.stringify(info).includes('all is well');
      });
      expect((await client.call('list', { name: 'steady' })).pids).to.deep.equal([steady]);
      counts.push(sockets());
    }
    expect(counts).to.deep.equal(counts.map(() => counts[0]));
    daemon.kill('SIGTERM');
    await daemon.gone();
    rmSync(place, { recursive: true });
  });
});
