import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, type DaemonOptions, type Place } from '../fixtures/daemon.js';
import { killed } from '../fixtures/durable/lives.js';

const FILE = 'ringmaster.yaml';
const text = ({ directory, endpoint, pubsub_endpoint, marker }: Place, numprocesses: unknown): string =>
  JSON.stringify({
    endpoint,
    pubsub_endpoint,
    durable: true,
    state_dir: `${directory}/state`,
    watchers: { web: { cmd: `sleep ${marker}`, numprocesses } },
  });
const daemonOf = (...words: readonly string[]): DaemonOptions => ({
  file: FILE,
  bin: 'main',
  args: () => ['run', ...words],
  config: (place) => text(place, 2),
});
const edit = ({ place }: Daemon, config: string): void => writeFileSync(join(place.directory, FILE), config);
const lastOf = ({ place }: Daemon): string => {
  const folder = join(place.directory, 'run', 'state');
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.config')) ?? 'none');
};
const twoOf = (daemon: Daemon): Promise<unknown> => eventually(() => daemon.workers.length === 2);

(process.platform === 'linux' ? describe : describe.skip)('a durable daemon whose config was broken before it died', function () {
  this.timeout(90_000);

  for (const [how, broken] of [
    ['a wrong value', (place: Place) => text(place, 'two')],
    ['no YAML at all', () => 'watchers: {web: ['],
  ] as const) {
    it(`by ${how} is followed by one that goes on with what was in effect, tells of it, and takes a right one`, async () => {
      await using first = await Daemon.start(daemonOf());
      await twoOf(first);
      const workers = first.workers;
      expect(statSync(lastOf(first)).mode & 0o777).to.equal(0o600);
      edit(first, broken(first.place));
      await killed(first);
      await using second = first.again();
      await second.ready();
      expect(second.stderr).to.match(
        /ringmaster\.yaml:\d+:\d+: error: [\s\S]*ringmaster\.yaml has \d errors?; what was there before goes on/,
      );
      expect([...second.workers].sort(), second.said).to.deep.equal([...workers].sort());
      const [victim = 0] = workers;
      process.kill(victim, 'SIGKILL');
      await eventually(() => second.workers.length === 2 && !second.workers.includes(victim), { what: 'a replacement' });
      const client = second.client();
      expect((await client.call('status')).troubles).to.have.nested.property('[0].name', 'config');
      edit(second, text(second.place, 3));
      await client.call('reloadconfig', {}, { waiting: true });
      await eventually(() => second.workers.length === 3);
      expect(await client.call('status')).to.not.have.property('troubles');
      await eventually(() => readFileSync(lastOf(second), 'utf8').includes('"numprocesses":3'));
      edit(second, broken(second.place));
      await killed(second);
      await using third = second.again();
      await third.ready();
      expect(third.workers, third.said).to.have.lengthOf(3);
      third.kill('SIGTERM');
      await third.gone();
      expect(existsSync(join(third.place.directory, 'state', 'journal'))).to.equal(false);
      expect(existsSync(lastOf(third))).to.equal(false);
    });
  }

  for (const [how, more] of [
    ['a plugin that fails', () => ({ plugins: { './fails.mjs': {} } })],
    ['an endpoint that can not be had', () => ({ endpoint: 'ipc:///nowhere/control.sock' })],
    ['a log that can not be opened', () => ({ logoutput: '/nowhere/rm.log' })],
    ['a pidfile that can not be written', () => ({ pidfile: '/nowhere/rm.pid', umask: '077' })],
  ] as const) {
    it(`by ${how} is followed by one that goes on with what was in effect, again and again, and ends in order`, async () => {
      await using first = await Daemon.start(daemonOf());
      await twoOf(first);
      const workers = [...first.workers].sort();
      writeFileSync(
        join(first.place.directory, 'fails.mjs'),
        `export default { name: 'fails', summary: '', schema: { type: 'object', properties: {} }, setup() { throw new Error('it fails'); } };`,
      );
      const good = text(first.place, 2);
      edit(first, JSON.stringify({ ...JSON.parse(good), ...more() }));
      await killed(first);
      await using second = first.again();
      await second.ready();
      expect(second.stderr).to.match(/ringmaster run: .*(it fails|nowhere)[\s\S]*what was there before goes on/);
      expect([...second.workers].sort(), second.said).to.deep.equal(workers);
      const [trouble] = (await second.client().call('status')).troubles ?? [];
      expect(trouble).to.include({ name: 'config' });
      expect(trouble?.message).to.match(/it fails|nowhere/);
      await killed(second);
      await using third = second.again();
      await third.ready();
      expect([...third.workers].sort(), third.said).to.deep.equal(workers);
      edit(third, good);
      await third.client().call('reloadconfig', {}, { waiting: true });
      expect(await third.client().call('status')).to.not.have.property('troubles');
      third.kill('SIGTERM');
      expect((await third.gone()).status).to.equal(0);
      expect(third.workers).to.deep.equal([]);
    });
  }

  it('goes on with what was in effect where an upgrade finds that the file can not be started with', async () => {
    await using daemon = await Daemon.start(daemonOf());
    await twoOf(daemon);
    const workers = [...daemon.workers].sort();
    edit(daemon, JSON.stringify({ ...JSON.parse(text(daemon.place, 2)), endpoint: 'ipc:///nowhere/control.sock' }));
    await daemon.client().call('upgrade', {}, { waiting: true, timeout_ms: 20_000 });
    expect([...daemon.workers].sort(), daemon.said).to.deep.equal(workers);
    expect((await daemon.client().call('status')).troubles).to.have.nested.property('[0].name', 'config');
    daemon.kill('SIGTERM');
    await daemon.gone();
  });

  it('leaves what it wrote down to the one that runs when another is started beside it', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    await using beside = first.again();
    expect((await beside.ended).status, beside.said).to.equal(1);
    expect(existsSync(lastOf(first))).to.equal(true);
    first.kill('SIGTERM');
    await first.gone();
  });

  it('goes on where the one before has died amid its start', async () => {
    const slow = (place: Place): string => JSON.stringify({ ...JSON.parse(text(place, 2)), warmup_delay: 60 });
    const two = (place: Place): string => {
      const { watchers, ...config } = JSON.parse(slow(place));
      return JSON.stringify({ ...config, watchers: { ...watchers, other: watchers.web } });
    };
    await using first = await Daemon.launch({ ...daemonOf(), config: two });
    await eventually(() => first.workers.length > 0 && existsSync(lastOf(first)));
    const workers = [...first.workers];
    edit(first, 'watchers: [');
    await killed(first);
    await using second = first.again();
    await second.printed(/adopted \d process/);
    expect(second.workers, second.said).to.include.members(workers);
    second.kill('SIGTERM');
    await second.gone();
  });

  it('is started again by its parent all the same', async () => {
    await using daemon = await Daemon.start(daemonOf('--respawn'));
    await twoOf(daemon);
    const workers = [...daemon.workers].sort();
    edit(daemon, 'watchers: [');
    const [pid] = /"pid":(\d+)/.exec(daemon.stdout)?.slice(1).map(Number) ?? [];
    process.kill(pid ?? 0, 'SIGKILL');
    await daemon.printed(/adopted 2 processes/);
    await daemon.printed(/has \d errors?; what was there before goes on/);
    expect([...daemon.workers].sort(), daemon.said).to.deep.equal(workers);
    daemon.kill('SIGTERM');
    expect(await daemon.gone(), daemon.said).to.deep.equal({ status: 0, signal: null });
  });

  it('has nothing to go on with where it ended as it should, or where others could read or write what it wrote down', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    edit(first, 'watchers: [');
    chmodSync(lastOf(first), 0o644);
    await killed(first);
    await using second = first.again();
    expect((await second.ended).status, second.said).to.equal(78);
    expect(second.stderr).to.include('nothing was started');
    chmodSync(lastOf(first), 0o600);
    await using third = first.again();
    await third.ready();
    third.kill('SIGTERM');
    await third.gone();
    await using fourth = first.again();
    expect((await fourth.ended).status, fourth.said).to.equal(78);
  });

  it('goes on with the file that is there, as soon as that is right again', async () => {
    await using first = await Daemon.start(daemonOf());
    await twoOf(first);
    await killed(first);
    const good = readFileSync(join(first.place.directory, FILE), 'utf8');
    rmSync(join(first.place.directory, FILE));
    await using second = first.again();
    await second.ready();
    await killed(second);
    edit(second, good);
    await using third = second.again();
    await third.ready();
    expect(third.stderr).to.equal('');
    third.kill('SIGTERM');
    await third.gone();
  });
});
