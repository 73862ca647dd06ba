import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { binFile } from '../fixtures/cli/run-bin.js';
import { Daemon } from '../fixtures/daemon.js';
import { isAlive } from '../fixtures/real.js';

const PORTS = [8081, 8082, 8083];

/** The words of `npm start` after `node`. */
function startWords(): readonly string[] {
  const { scripts }: { readonly scripts: { readonly start: string } } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [node, ...words] = scripts.start.split(' ');
  expect(node).to.equal('node');
  return words;
}

/** What a second terminal prints for a verb of ringmaster. */
async function ringmaster(daemon: Daemon, ...words: readonly string[]): Promise<string> {
  const env = { ...process.env, RINGMASTER_RUNTIME_DIR: join(daemon.place.directory, 'run') };
  const child = spawn(process.execPath, [binFile('main'), ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  expect(await once(child, 'close')).to.deep.equal([0, null]);
  return text;
}

describe('examples', () => {
  it('quickstart: three workers answer, status shows them, Ctrl-C ends all of it', async () => {
    await using daemon = await Daemon.program(startWords());
    const answer = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}`)).text();
    for (const port of PORTS) {
      expect(await eventually(() => answer(port), { what: `port ${port} to answer` })).to.include(`port ${port}`);
    }
    const status = await ringmaster(daemon, 'status');
    expect(status).to.match(/^web\b.*active/m);
    expect(status).to.match(/^ticker\b.*active/m);
    const pidsOf = async (name: string): Promise<readonly number[]> =>
      (await ringmaster(daemon, 'list', name)).trim().split(',').map(Number);
    const pids = [...(await pidsOf('web')), ...(await pidsOf('ticker'))];
    expect(pids.filter(isAlive)).to.have.length(4);

    process.kill(-daemon.pid, 'SIGINT');
    expect(await daemon.ended, daemon.said).to.deep.equal({ status: 0, signal: null });
    expect(() => process.kill(-daemon.pid, 0)).to.throw('ESRCH');
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });

  it('embedding: answers for its workers, scales and restarts them, and takes them along', async () => {
    await using service = await Daemon.program(['examples/embedding/service.mjs'], { PORT: '0' });
    await service.printed('http://127.0.0.1:');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(service.stdout)?.[0];
    const ask = async (method: string, path: string): Promise<{ readonly status: string; readonly pids: readonly number[] }> =>
      (await fetch(`${url}${path}`, { method })).json() as Promise<{ status: string; pids: number[] }>;

    const first = await ask('GET', '/');
    expect(first).to.include({ status: 'active' });
    expect(first.pids).to.have.length(2);
    const scaled = await ask('POST', '/scale/4');
    expect(scaled.pids)
      .to.have.length(4)
      .and.to.include.members([...first.pids]);
    const restarted = await ask('POST', '/restart');
    expect(restarted.pids)
      .to.have.length(4)
      .and.not.to.include.any.members([...scaled.pids]);
    expect(scaled.pids.filter(isAlive)).to.deep.equal([]);
    expect(restarted.pids.filter(isAlive)).to.have.length(4);

    service.kill('SIGTERM');
    expect(await service.ended, service.said).to.deep.equal({ status: 0, signal: null });
    expect(restarted.pids.filter(isAlive)).to.deep.equal([]);
  });
});
