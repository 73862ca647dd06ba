import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import type { Client } from '../../plugins/control/client.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { Daemon, type DaemonOptions } from '../fixtures/daemon.js';
import { again, killed } from '../fixtures/durable/lives.js';

const durable = (more: object = {}): DaemonOptions => ({
  bin: 'main',
  file: 'rm.json',
  args: () => ['run'],
  config: ({ directory, marker, ...endpoints }) => {
    const web = { cmd: `sleep ${marker}`, numprocesses: 3, stdout: { type: 'null' }, stderr: { type: 'null' } };
    return JSON.stringify({ ...endpoints, durable: true, state_dir: join(directory, 'state'), watchers: { web }, ...more });
  },
});

const historyOf = ({ place }: Daemon): string => join(place.directory, 'state', 'history');

interface Entry {
  readonly command: string;
  readonly [key: string]: unknown;
}

const entriesOf = async (client: Client): Promise<readonly Entry[]> => ((await client.call('audit')).entries ?? []) as unknown as Entry[];
const reasonsOf = async (client: Client): Promise<readonly string[]> =>
  ((await client.call('why', { name: 'web' })).decisions ?? []).map(({ what, reason }) => `${what}: ${reason}`);

describe('what audit and why tell of a durable daemon that is killed', () => {
  it('is told by the next one, with the crash, and by the one after that', async () => {
    await using first = await Daemon.start(durable());
    const client = first.client();
    await client.call('set', { name: 'web', options: { env: { DB_PASSWORD: 'hunter2' } } }, { waiting: true });
    await client.call('incr', { name: 'web' }, { waiting: true });
    const [victim = 0] = (await client.call('list', { name: 'web' })).pids as number[];
    process.kill(victim, 'SIGKILL');
    await eventually(async () => expect((await reasonsOf(client)).join()).to.include('SIGKILL'));
    const [told, reasons] = [await entriesOf(client), await reasonsOf(client)];
    const before = Date.now() / 1000;
    await killed(first);
    const second = await again(first);
    const next = second.client();
    const [set, incr, crash, ...more] = await entriesOf(next);
    expect([set, incr], second.said).to.deep.equal(told);
    expect(more).to.deep.equal([]);
    expect(crash).to.deep.include({ seq: 3, who: 'daemon', command: 'crash', watcher: '', result: 'error' });
    expect(crash?.time).to.be.within(before, Date.now() / 1000);
    const alive = Date.parse(/last known to live at (\S+)$/.exec(String(crash?.reason))?.[1] ?? '') / 1000;
    expect(alive).to.be.within(before - 5, before + 0.1);
    expect(second.stdout).to.match(/"level":"warn".*the daemon before did not end in order; it was last known to live at/);
    const later = await reasonsOf(next);
    expect(later.slice(0, reasons.length)).to.deep.equal(reasons);
    expect(later.at(-1)).to.equal('adopt: taken over from the supervisor before: 4');
    const text = readFileSync(historyOf(second), 'utf8');
    expect(text).to.include('***').and.not.include('hunter2');
    expect(statSync(historyOf(second)).mode & 0o777).to.equal(0o600);
    await next.call('decr', { name: 'web' }, { waiting: true });
    await killed(second);
    const third = await again(second);
    expect((await entriesOf(third.client())).map(({ seq, command }) => [seq, command])).to.deep.equal([
      [1, 'set'],
      [2, 'incr'],
      [3, 'crash'],
      [4, 'decr'],
      [5, 'crash'],
    ]);
    third.kill('SIGTERM');
    await third.ended;
    expect(existsSync(historyOf(third))).to.equal(false);
    await using fourth = third.again();
    await fourth.ready();
    expect(await entriesOf(fourth.client())).to.deep.equal([]);
  });

  it('has what was asked for and had not come to an end', async () => {
    const config: DaemonOptions['config'] = (place) => {
      const cmd = `sh -c 'trap "" TERM; sleep ${place.marker} & while :; do wait; done'`;
      return durable({ watchers: { web: { cmd, graceful_timeout: 60 } } }).config(place);
    };
    await using first = await Daemon.start({ ...durable(), config });
    void first
      .client()
      .call('stop', { name: 'web' }, { waiting: true })
      .catch(() => {});
    await first.printed('local asks for stop');
    await killed(first);
    const second = await again(first);
    const [stop, crash, ...more] = await entriesOf(second.client());
    expect(more).to.deep.equal([]);
    expect(stop).to.deep.include({ command: 'stop', watcher: 'web', who: 'local', result: 'error' });
    expect(stop?.reason).to.equal('the daemon ended before this had come to an end');
    expect(crash?.command).to.equal('crash');
  });

  it('is kept over an upgrade as well, and a crash after that has what was before it', async () => {
    await using first = await Daemon.start(durable());
    const client = first.client(60_000);
    await client.call('incr', { name: 'web' }, { waiting: true });
    await client.call('upgrade');
    await eventually(async () => expect(await entriesOf(client)).to.have.length(2));
    await killed(first);
    const second = await again(first);
    expect((await entriesOf(second.client())).map(({ command }) => command)).to.deep.equal(['incr', 'upgrade', 'crash']);
    expect((await reasonsOf(second.client())).join()).to.include('scale: asked for 4 instead of 3');
  });

  for (const [what, spoil, kept] of [
    [
      'is cut in the middle of a line, but for that',
      (path: string) => truncateSync(path, readFileSync(path).indexOf('entry/2') + 5),
      ['incr', 'decr', 'crash'],
    ],
    ['is no journal at all, begins anew', (path: string) => writeFileSync(path, 'rubbish\n'), ['crash']],
    [
      'can not be read, begins anew',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
      ['crash'],
    ],
    [
      'is a link to somewhere else, is not written there',
      (path: string) => {
        writeFileSync(`${path}.elsewhere`, 'mine');
        rmSync(path);
        symlinkSync(`${path}.elsewhere`, path);
      },
      ['crash'],
    ],
  ] as const) {
    it(`where the file ${what}; the processes are taken over all the same`, async () => {
      await using first = await Daemon.start(durable({ plugins: { control: { audit_entries: 5 } } }));
      for (const command of ['incr', 'decr'] as const) await first.client().call(command, { name: 'web' }, { waiting: true });
      await killed(first);
      const path = historyOf(first);
      spoil(path);
      const second = await again(first);
      expect(
        (await entriesOf(second.client())).map(({ command }) => command),
        second.said,
      ).to.deep.equal(kept);
      expect(second.stdout).to.include('adopted 3 processes');
      if (existsSync(`${path}.elsewhere`)) expect(readFileSync(`${path}.elsewhere`, 'utf8')).to.equal('mine');
      second.kill('SIGTERM');
      expect((await second.ended).status, second.said).to.equal(0);
    });
  }

  it('says when the daemon was last known to live by its last sign of life', async () => {
    await using first = await Daemon.start(durable());
    await killed(first);
    utimesSync(historyOf(first), 2_000_000_000, 2_000_000_000);
    const second = await again(first);
    expect((await entriesOf(second.client())).at(-1)?.reason).to.include('last known to live at 2033-05-18T03:33:20.000Z');
  });

  it('is refused to a second daemon, which changes nothing of it', async () => {
    await using first = await Daemon.start(durable());
    await first.client().call('incr', { name: 'web' }, { waiting: true });
    const [before, { ino }] = [readFileSync(historyOf(first)), lstatSync(historyOf(first))];
    const config = JSON.parse(readFileSync(join(first.place.directory, 'rm.json'), 'utf8'));
    const other = join(first.place.directory, 'other.json');
    const endpoints = { endpoint: `${first.place.endpoint}.other`, pubsub_endpoint: `${first.place.pubsub_endpoint}.other` };
    writeFileSync(other, JSON.stringify({ ...config, ...endpoints }));
    const words = [binFile('main'), 'run', other];
    const refused = await promisify(execFile)(process.execPath, words).catch((error: { readonly stderr: string }) => error);
    expect(refused.stderr).to.include('in use');
    expect([readFileSync(historyOf(first)).equals(before), lstatSync(historyOf(first)).ino]).to.deep.equal([true, ino]);
  });
});
