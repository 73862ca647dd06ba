import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { Daemon, type Place } from '../fixtures/daemon.js';
import { type NotifyReceiver, receiveNotifications } from '../fixtures/notify-socket.js';

const config = ({ directory, endpoint, pubsub_endpoint, marker }: Place, numprocesses: number): string =>
  JSON.stringify({
    endpoint,
    pubsub_endpoint,
    durable: true,
    state_dir: join(directory, 'state'),
    watchers: { web: { cmd: `sleep ${marker}`, numprocesses } },
  });

const KINDS = /^(READY|RELOADING|STOPPING)=1/;

(process.platform === 'linux' ? describe : describe.skip)('a daemon of systemd, Type=notify', () => {
  let directory: string;
  let receiver: NotifyReceiver;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rm-notify-'));
    receiver = await receiveNotifications(join(directory, 'notify'));
  });
  afterEach(async () => {
    await receiver[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  /** What systemd was told of its state, with the times of reloads by the clock that all processes have in common. */
  const kinds = (): readonly string[] => receiver.messages.flatMap((message) => KINDS.exec(message)?.[1] ?? []);
  const times = (): readonly bigint[] =>
    receiver.messages.flatMap((message) => /^MONOTONIC_USEC=(\d+)$/m.exec(message)?.[1] ?? []).map(BigInt);
  const told = (...wanted: readonly string[]): Promise<unknown> => eventually(() => expect(kinds()).to.deep.equal(wanted));

  it('says that it reloads, and that it is ready again, around reloadconfig, apply and upgrade, and keeps its pid', async () => {
    await using daemon = await Daemon.start({
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: (place) => config(place, 1),
      env: { NOTIFY_SOCKET: join(directory, 'notify') },
    });
    const { place, pid } = daemon;
    const run = async (...words: readonly string[]): Promise<void> => {
      await promisify(execFile)(process.execPath, [binFile('main'), ...words, '--endpoint', place.endpoint]);
    };
    await told('READY');
    const began = process.hrtime.bigint() / 1000n;
    await writeFile(join(place.directory, 'ringmaster.json'), config(place, 2));
    await run('reloadconfig', '--waiting');
    await told('READY', 'RELOADING', 'READY');
    await writeFile(join(place.directory, 'ringmaster.json'), config(place, 1));
    await run('apply');
    await told('READY', 'RELOADING', 'READY', 'RELOADING', 'READY');
    await run('upgrade');
    await told('READY', 'RELOADING', 'READY', 'RELOADING', 'READY', 'RELOADING', 'READY');
    const all = [began, ...times(), process.hrtime.bigint() / 1000n];
    expect(all).to.have.length(5);
    expect(all.toSorted((a, b) => (a < b ? -1 : 1))).to.deep.equal(all);
    expect(daemon.pid).to.equal(pid);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
    await eventually(() => expect(kinds().at(-1)).to.equal('STOPPING'));
  });
});
