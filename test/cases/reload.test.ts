import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import type { Client } from '../../plugins/control/client.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { Daemon, iniHead, type Place } from '../fixtures/daemon.js';

const PLUGIN = resolve('test/fixtures/plugins/mine.js');

/** A circus.ini of two sleepers; each part can be another. */
const ini = (place: Place, { head = 'check_delay = -1\n', test1 = '', test2 = '', more = '' } = {}): string => {
  const sleep = `cmd = sleep ${place.marker}\n`;
  return `${iniHead(place)}${head}[watcher:test1]\n${sleep}${test1}[watcher:test2]\n${sleep}${test2}${more}`;
};

describe('case: the config file is changed and read again', () => {
  let daemon: Daemon;
  let client: Client;
  let place: Place;
  beforeEach(async () => {
    daemon = await Daemon.start({ config: (at) => ini(at), args: () => ['--log-level', 'info'] });
    ({ place } = daemon);
    client = daemon.client();
  });
  afterEach(() => daemon[Symbol.asyncDispose]());

  const write = (text: string): Promise<void> => writeFile(join(place.directory, 'circus.ini'), text);
  const reload = async (text: string): Promise<Readonly<Record<string, unknown>>> => {
    await write(text);
    return client.call('reloadconfig', {}, { waiting: true });
  };
  const pids = async (name: string): Promise<readonly number[]> => (await client.call('list', { name })).pids ?? [];
  const names = async (): Promise<readonly string[]> => (await client.call('list')).watchers ?? [];
  const cli = (...args: readonly string[]) => runBin('main', args, { env: { RINGMASTER_ENDPOINT: place.endpoint }, cwd: place.directory });

  it('touches only the watcher that comes, goes, is scaled or is changed', async () => {
    const [test1, test2] = [await pids('test1'), await pids('test2')];
    await reload(`# a comment\n${ini(place).replaceAll(' = ', '=')}\n\n; and another\n`);
    expect([await pids('test1'), await pids('test2')]).to.deep.equal([test1, test2]);

    await reload(ini(place, { test1: 'numprocesses = 2\n', test2: 'numprocesses = 2\n' }));
    expect(await pids('test1'))
      .to.have.length(2)
      .and.include.members([...test1]);
    expect(await pids('test2'))
      .to.have.length(2)
      .and.include.members([...test2]);
    await reload(ini(place));
    const [one, two] = [await pids('test1'), await pids('test2')];
    expect([one.length, two.length]).to.deep.equal([1, 1]);

    await reload(ini(place, { more: `[watcher:test3]\ncmd = sleep ${place.marker}\n` }));
    expect(await names()).to.deep.equal(['test1', 'test2', 'test3']);
    expect(await pids('test3')).to.have.length(1);
    await reload(ini(place));
    expect(await names()).to.deep.equal(['test1', 'test2']);

    await reload(ini(place, { test2: 'args = 1\n' }));
    expect([await pids('test1'), (await pids('test2')).length]).to.deep.equal([one, 1]);
    expect(await pids('test2')).to.not.deep.equal(two);
    expect(daemon.workers).to.have.length(2);
  });

  it('opens, replaces and closes sockets with the watchers as they are, and refuses one that can not be opened as a whole', async () => {
    const before = await pids('test1');
    const socket = (name: string, path: string): string => `[socket:${name}]\npath = ${join(place.directory, path)}\n`;
    const listed = async (): Promise<readonly string[]> =>
      ((await client.call('listsockets')).sockets ?? []).map(
        ({ fd, name, path }) => `${fd} ${name} ${path?.slice(place.directory.length + 1)}`,
      );
    for (const [more, expected] of [
      [socket('a', 'one'), ['3 a one']],
      [socket('b', 'two') + socket('a', 'one'), ['4 b two', '3 a one']],
      [socket('b', 'two') + socket('a', 'three'), ['4 b two', '3 a three']],
      [socket('b', 'three'), ['4 b three']],
    ] as const) {
      expect(await reload(ini(place, { more }))).to.not.have.property('restart_daemon');
      expect(await listed()).to.deep.equal(expected);
    }
    const failed = await reload(ini(place, { test1: 'args = 1\n', more: socket('b', 'no/such/place') })).catch(
      (error: Error) => error.message,
    );
    expect(failed).to.match(/socket "b" at .*no\/such\/place: .*make the directory first/);
    expect(await listed()).to.deep.equal(['4 b three']);
    expect(await pids('test1')).to.deep.equal(before);
  });

  it('sets plugins up, again with other options, and closes them, with the watchers as they are', async () => {
    const before = await pids('test1');
    const plugin = (more: string): string => `[plugin:mine]\nuse = ${PLUGIN}\n${more}`;
    for (const more of [plugin(''), plugin('greeting = hi\n'), '']) await reload(ini(place, { more }));
    expect(await pids('test1')).to.deep.equal(before);
    await reload(ini(place, { more: plugin('greeting = hi\n') }));
    const shown = await client.call('plan', { config: { plugins: {} }, keep_drift: true });
    expect(shown.steps?.map((step) => step.do)).to.include('plugin_unload');
  });

  it("takes the daemon's options over where it can, and says which need a new daemon", async () => {
    const before = await pids('test1');
    expect(await reload(ini(place, { head: 'check_delay = -2\nloglevel = debug\n' }))).to.not.have.property('restart_daemon');
    const moved = await reload(ini(place, { head: 'check_delay = 3\nmulticast_endpoint = udp://237.219.251.97:12099\n' }));
    expect(moved.restart_daemon).to.deep.equal(['option multicast_endpoint']);
    expect((await client.call('globaloptions', { option: 'check_delay' })).options).to.deep.equal({ check_delay: 3 });
    expect(await pids('test1')).to.deep.equal(before);
    await daemon.printed('option multicast_endpoint was changed in the config; it takes effect when the daemon is started again');
  });

  it('changes nothing by a file with errors, and says why to everybody who asks', async () => {
    const before = [await pids('test1'), await pids('test2')];
    await write(ini(place, { test1: 'numprocesses = many\n', test2: 'graceful_timeout = soon\n' }));
    for (const waiting of [true, false]) {
      const refused = await client.call('reloadconfig', {}, { waiting }).then(
        () => null,
        (error: { context: { reply: Record<string, unknown> } }) => error.context.reply,
      );
      expect(refused).to.include({ status: 'error', errno: 5, code: 'RM_CONFIG_INVALID' });
      expect(refused?.reason)
        .to.match(/circus\.ini:\d+.*numprocesses/)
        .and.match(/circus\.ini:\d+.*graceful_timeout/);
    }
    expect(await cli('apply')).to.deep.include({ status: 3, stdout: '' });
    expect([await pids('test1'), await pids('test2')]).to.deep.equal(before);
  });

  it('is shown before and told afterwards on the command line, with drift, in the same steps', async () => {
    const [pid = 0] = await pids('test1');
    const [other = 0] = await pids('test2');
    await client.call('incr', { name: 'test1' }, { waiting: true });
    await client.call('add', { name: 'extra', cmd: `sleep ${place.marker}`, start: true }, { waiting: true });
    const [extra = 0] = await pids('extra');
    await write(ini(place, { test2: 'args = 1\n' }));

    const shown = await cli('plan', 'circus.ini');
    expect(shown.stdout.split('\n')).to.deep.equal([
      `- extra: remove (pid ${extra}) (drift: added at run time)`,
      `~ test1: scale (pid ${pid})`,
      '    numprocesses: 2 -> 1 (scale, drift)',
      `~ test2: restart (pid ${other})`,
      '    args: not set -> "1" (restart)',
      '',
      `3 steps; processes that end: ${extra}, ${pid}, ${other}`,
      '',
    ]);
    expect([shown.status, shown.stderr]).to.deep.equal([4, '']);
    expect(await pids('test2')).to.deep.equal([other]);

    const json = JSON.parse((await cli('plan', '--json')).stdout);
    const done = await cli('apply', '--json');
    expect(done.status).to.equal(0);
    const steps: Readonly<Record<string, unknown>>[] = JSON.parse(done.stdout).steps;
    expect(steps.map(({ outcome: _, ...step }) => step)).to.deep.equal(json.steps);
    expect(await pids('test1')).to.have.length(1);
    expect(await pids('test2')).to.not.include(other);
    expect(await names()).to.deep.equal(['test1', 'test2']);

    expect(await cli('plan')).to.deep.include({ status: 0, stdout: 'no difference\n' });
    expect(await cli('apply')).to.deep.include({ status: 0, stdout: 'no difference, nothing was done\n' });
  });

  it('is another thing than SIGHUP, which replaces every process and reads nothing', async () => {
    const before = [...(await pids('test1')), ...(await pids('test2'))];
    await write(ini(place, { test1: 'numprocesses = 2\n' }));
    daemon.kill('SIGHUP');
    await eventually(
      async () => {
        const now = [...(await pids('test1')), ...(await pids('test2'))];
        return now.length === 2 && now.every((pid) => !before.includes(pid));
      },
      { what: 'new processes' },
    );
    await client.call('reloadconfig', {}, { waiting: true });
    expect(await pids('test1')).to.have.length(2);
  });

  it('is queued where many ask at once, and each is answered', async () => {
    const clients = Array.from({ length: 4 }, () => daemon.client());
    const asked = clients.flatMap((one, index) => [
      one.call('apply', { config: { watchers: { test1: { cmd: `sleep ${place.marker} ${index}` } } } }, { waiting: true }),
      one.call('reloadconfig', {}, { waiting: true }),
      one.call('restart', { name: 'test1' }),
    ]);
    for (const reply of await Promise.all(asked)) expect(reply.status).to.equal('ok');
    await client.call('reloadconfig', {}, { waiting: true });
    expect(await names()).to.deep.equal(['test1', 'test2']);
    await eventually(() => daemon.workers.length === 2, { what: 'two workers' });
  });
});
