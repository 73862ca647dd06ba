import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AppliedPlan, PlanOptions } from '../../core/index.js';
import { checkConfig, isRingmasterError } from '../../core/index.js';
import { eventually } from '../../core/testing.js';
import { freePort } from '../fixtures/free-port.js';
import { Real } from '../fixtures/real.js';

/** Says who it is to whoever connects, and ends as a server should: it goes on until the last connection is served. */
const SERVER = `
const s = require('node:net').createServer((c) => c.end(String(process.pid)));
process.on('SIGTERM', () => s.close());
s.listen({ fd: Number(process.argv[1]) });`;
const LISTED = `
const { LISTEN_FDS, LISTEN_FDNAMES } = process.env;
const s = require('node:net').createServer((c) => c.end(LISTEN_FDS + ' ' + LISTEN_FDNAMES));
s.listen({ fd: 2 + Number(LISTEN_FDS) });`;

type Where = { readonly port: number; readonly host?: string } | { readonly path: string };
function ask(where: Where): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect('path' in where ? where : { host: '127.0.0.1', ...where });
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}
const refused = (where: Where): Promise<unknown> => ask(where).then(undefined, (error: Error & { code?: string }) => error.code);
const server = (name: string, more: object = {}): object => ({
  cmd: 'node -e',
  args: [SERVER, `$(circus.sockets.${name})`],
  use_sockets: true,
  ...more,
});
const inet = (more: object = {}): object => ({ host: '127.0.0.1', port: 0, ...more });

async function apply(real: Real, value: object, options?: PlanOptions): Promise<AppliedPlan> {
  const checked = await checkConfig(value);
  if (!checked.config) throw new Error(JSON.stringify(checked.problems));
  return real.supervisor.apply(checked.config, options);
}
const view = (real: Real, name: string) => {
  const found = real.supervisor.sockets().find((socket) => socket.name === name);
  if (!found) throw new Error(`there is no socket ${name}`);
  return found;
};
const portOf = (real: Real, name = 'web'): number => view(real, name).port ?? 0;
const pidsOf = (real: Real, name: string): readonly number[] =>
  real.supervisor
    .find(name)
    ?.processes()
    .map(({ pid }) => pid) ?? [];

(process.platform === 'linux' ? describe : describe.skip)('managed sockets that the config has otherwise', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ringmaster-changed-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('have their users reloaded and nobody else, and the old address is gone with the last of these', async () => {
    const config = (web: object): object => ({ sockets: { api: inet(), web }, watchers: { web: server('web'), api: server('api') } });
    await using real = await Real.start(() => config(inet()));
    const [oldPort, apiPort, numbers] = [portOf(real), portOf(real, 'api'), real.supervisor.sockets().map(({ number }) => number)];
    const [web, api] = [pidsOf(real, 'web'), pidsOf(real, 'api')];
    expect(await ask({ port: oldPort })).to.equal(String(web[0]));
    const port = await freePort();
    const { steps } = await apply(real, config(inet({ port })));
    expect(steps.map((step) => step.do)).to.deep.equal(['socket_replace', 'reload']);
    expect(steps[1]).to.deep.include({ watcher: 'web', pids: web, sockets: ['web'] });
    expect(await ask({ port })).to.equal(String(pidsOf(real, 'web')[0]));
    expect(pidsOf(real, 'web')).to.not.include(web[0]);
    expect(pidsOf(real, 'api')).to.deep.equal(api);
    expect(await refused({ port: oldPort })).to.equal('ECONNREFUSED');
    expect([portOf(real, 'api'), real.supervisor.sockets().map(({ number }) => number)]).to.deep.equal([apiPort, numbers]);
  });

  it('that can not be opened change nothing, and are named with the address and the remedy', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const config = (sockets: object, cmd = 'sleep 60'): object => ({ sockets, watchers: { web: server('web'), other: { cmd } } });
    await using real = await Real.start(() => config({ web: inet({ backlog: 5 }) }));
    const [before, pids] = [real.supervisor.sockets(), [...pidsOf(real, 'web'), ...pidsOf(real, 'other')]];
    const fds = readdirSync('/proc/self/fd').length;
    const next = config({ more: inet(), web: inet({ port }) }, 'sleep 61');
    const error = await apply(real, next).catch((thrown: unknown) => thrown);
    expect(isRingmasterError(error, 'RM_SOCKET_OPEN')).to.equal(true);
    expect(error)
      .to.have.property('message')
      .that.matches(new RegExp(`socket "web" at 127\\.0\\.0\\.1:${port}.*held by pid ${process.pid}`));
    expect(real.supervisor.sockets()).to.deep.equal(before);
    expect([...pidsOf(real, 'web'), ...pidsOf(real, 'other')]).to.deep.equal(pids);
    expect(readdirSync('/proc/self/fd').length).to.equal(fds);
    taken.close();
    await apply(real, next);
    expect(await ask({ port })).to.equal(String(pidsOf(real, 'web')[0]));
  });

  it('take a backlog over as they are, with the same processes', async () => {
    const config = (backlog: number): object => ({ sockets: { web: inet({ backlog }) }, watchers: { web: server('web') } });
    await using real = await Real.start(() => config(5));
    const [port, pids] = [portOf(real), pidsOf(real, 'web')];
    await apply(real, config(7));
    expect([portOf(real), pidsOf(real, 'web'), view(real, 'web').backlog]).to.deep.equal([port, pids, 7]);
    expect(await ask({ port })).to.equal(String(pids[0]));
  });

  it('take the mode of their file over as they are', async () => {
    const path = join(directory, 'mode');
    const config = (umask: number): object => ({ sockets: { web: { path, umask } }, watchers: { web: server('web') } });
    await using real = await Real.start(() => config(0o077));
    const pids = pidsOf(real, 'web');
    await apply(real, config(0o007));
    expect(statSync(path).mode & 0o777).to.equal(0o770);
    expect(pidsOf(real, 'web')).to.deep.equal(pids);
  });

  const others: readonly [what: string, before: object, after: object][] = [
    ['all addresses instead of one', {}, { host: '0.0.0.0' }],
    ['one address instead of all', { host: '0.0.0.0' }, {}],
    ['one for each process', {}, { so_reuseport: true }],
    ['one for all processes', { so_reuseport: true }, {}],
  ];
  for (const [what, before, after] of others) {
    it(`take over the port that they have: ${what}; nobody is refused`, async () => {
      const port = await freePort();
      const config = (more: object): object => ({
        sockets: { web: inet({ port, ...more }) },
        watchers: { web: server('web', { numprocesses: 2 }) },
      });
      await using real = await Real.start(() => config(before));
      const old = await ask({ port });
      let going = true;
      const connecting = (async () => {
        let times = 0;
        for (; going; times++) expect(await refused({ port })).to.not.equal('ECONNREFUSED');
        return times;
      })();
      for (const more of [after, before, after]) {
        await apply(real, config(more));
        expect(pidsOf(real, 'web')).to.include(Number(await ask({ port })));
      }
      going = false;
      expect(await connecting).to.be.above(0);
      expect(pidsOf(real, 'web')).to.not.include(Number(old));
    });
  }

  it('take over the port of another that goes, as with a new name', async () => {
    const port = await freePort();
    const config = (name: string): object => ({ sockets: { [name]: inet({ port }) }, watchers: { web: server(name) } });
    await using real = await Real.start(() => config('old'));
    await apply(real, config('new'), { graceful: true });
    expect(await ask({ port })).to.equal(String(pidsOf(real, 'web')[0]));
  });

  it('take over the path that they have, at no time without a file, and its holder is known', async () => {
    const path = join(directory, 'kept');
    const config = (name: string): object => ({ sockets: { [name]: { path } }, watchers: { web: server(name) } });
    await using real = await Real.start(() => config('old'));
    await ask({ path });
    let going = true;
    const looking = (async () => {
      for (; going; await new Promise((resolve) => setImmediate(resolve))) expect(existsSync(path)).to.equal(true);
    })();
    await apply(real, config('new'), { graceful: true });
    going = false;
    await looking;
    expect(await ask({ path })).to.equal(String(pidsOf(real, 'web')[0]));
    expect(readdirSync(directory).filter((name) => name.startsWith('kept'))).to.deep.equal(['kept']);
    const error = await Real.start(() => config('another')).catch((thrown: Error) => thrown);
    expect(error)
      .to.have.property('message')
      .that.matches(/kept: .*held by pid \d+/);
    await real.supervisor.stop();
    expect(existsSync(path)).to.equal(false);
  });

  it('keep their numbers, and are listed without a gap for software that knows socket activation', async () => {
    const [path, last] = [join(directory, 'first'), join(directory, 'last')];
    const config = (sockets: object): object => ({
      sockets,
      watchers: { named: server('last'), listed: { cmd: 'node -e', args: [LISTED], use_sockets: true } },
    });
    await using real = await Real.start(() => config({ first: { path }, last: { path: last } }));
    const [named] = pidsOf(real, 'named');
    await apply(real, config({ last: { path: last } }));
    expect(view(real, 'last').number).to.equal(4);
    expect(pidsOf(real, 'named')).to.deep.equal([named]);
    expect(existsSync(path)).to.equal(false);
    const told = await eventually(async () =>
      (await Promise.all(Array.from({ length: 4 }, () => ask({ path: last })))).find((one) => one.includes('last')),
    );
    expect(told).to.equal('1 last');
    await apply(real, config({ last: { path: last }, again: { path } }));
    expect(view(real, 'again').number).to.equal(3);
  });

  it('are waited at by on_demand watchers, which have no process yet', async () => {
    const port = await freePort();
    const config = (more: object): object => ({ sockets: { web: inet(more) }, watchers: { web: server('web', { on_demand: true }) } });
    await using real = await Real.start(() => config({}));
    await apply(real, config({ port }));
    expect(pidsOf(real, 'web')).to.deep.equal([]);
    expect(await ask({ port })).to.equal(String(pidsOf(real, 'web')[0]));
  });

  it('are closed with the supervisor, also one that is being replaced', async () => {
    const deaf = {
      cmd: 'node -e',
      args: [`process.on('SIGTERM', () => {}); ${SERVER}`, '$(circus.sockets.web)'],
      use_sockets: true,
      graceful_timeout: 0.3,
    };
    const path = join(directory, 'stopped');
    const config = (more: object): object => ({ sockets: { web: { path, ...more } }, watchers: { web: deaf } });
    await using real = await Real.start(() => config({}));
    await ask({ path });
    const applied = apply(real, config({ path: `${path}2` })).catch((thrown: unknown) => thrown);
    await eventually(() => existsSync(`${path}2`));
    await real.supervisor.stop();
    await applied;
    expect(readdirSync(directory).filter((name) => name.startsWith('stopped'))).to.deep.equal([]);
  });
});
