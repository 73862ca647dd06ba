import { connect } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Real } from '../fixtures/real.js';

const NODE_SERVER = `const s = require('node:net').createServer((c) => c.end('node ' + process.pid)); s.listen({ fd: Number(process.argv[1]) });`;
/** Takes a moment for each answer; told to stop, it accepts nothing more, and ends when it has answered all. */
const TIDY_SERVER = `
const s = require('node:net').createServer((c) => setTimeout(() => c.end('node ' + process.pid), 20));
process.on('SIGTERM', () => s.close());
s.listen({ fd: Number(process.argv[1]) });`;
const PYTHON_SERVER = `
import os, socket, sys
s = socket.socket(fileno=int(os.environ.get('FD', '3')))
s.setblocking(True)
while True:
    c, _ = s.accept()
    c.sendall(('python %d %s' % (os.getpid(), os.environ.get('LISTEN_PID', '-'))).encode())
    c.close()
`;

/** Connects and reads to the end. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port });
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}
const portOf = (real: Real, name = 'web'): number => real.supervisor.sockets().find((socket) => socket.name === name)?.port ?? 0;

describe('managed sockets', () => {
  if (process.platform !== 'linux') return;

  it('are served by workers that get the number in their command', async () => {
    await using real = await Real.start(() => ({
      sockets: { other: { host: '127.0.0.1', port: 0 }, web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: 'node -e', args: [NODE_SERVER, '$(circus.sockets.web)'], use_sockets: true, numprocesses: 2 } },
    }));
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(portOf(real))));
    for (const answer of answers) expect(real.pids()).to.include(Number(answer.split(' ')[1]));
  });

  it('are told of as systemd does, to software that knows socket activation', async () => {
    await using real = await Real.start(() => ({
      sockets: { web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: '/usr/bin/python3 -c', args: [PYTHON_SERVER], use_sockets: true } },
    }));
    const [, pid, told] = (await ask(portOf(real))).split(' ');
    expect(Number(pid)).to.equal(real.pids()[0]);
    expect(told).to.equal(pid);
  });

  it('change nothing else in the environment of a worker', async () => {
    await using real = await Real.start((file) => ({
      sockets: { web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: `cp /proc/self/environ ${file}`, use_sockets: true, respawn: false, env: { A: 'b' } } },
    }));
    const [text] = await real.written(/^.*LISTEN_PID=.*$/s);
    const names = text.split('\0').flatMap((line) => line.split('=')[0] || []);
    expect(names).to.have.members(['A', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PID']);
  });

  it('lose no connection while the watcher is restarted and reloaded', async () => {
    await using real = await Real.start(() => ({
      sockets: { web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: 'node -e', args: [TIDY_SERVER, '$(circus.sockets.web)'], use_sockets: true, numprocesses: 2 } },
    }));
    await ask(portOf(real));
    let going = true;
    const answers: string[] = [];
    const asker = async (): Promise<void> => {
      while (going) answers.push(await ask(portOf(real)));
    };
    const asking = Promise.all(Array.from({ length: 8 }, asker));
    const web = real.watcher();
    for (const renew of [() => web.restart(), () => web.reload(), () => web.reload({ sequential: true })]) {
      // A worker that still starts has nothing to lose.
      await eventually(() => real.pids().some((pid) => answers.includes(`node ${pid}`)));
      await renew();
    }
    going = false;
    await asking;
    expect(answers).to.not.be.empty;
    for (const answer of answers) expect(answer).to.match(/^node \d+$/);
  });

  it('can be the standard input of a worker', async () => {
    await using real = await Real.start(() => ({
      sockets: { web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: '/usr/bin/python3 -c', args: [PYTHON_SERVER], stdin_socket: 'web', env: { FD: '0' } } },
    }));
    expect(await ask(portOf(real))).to.match(/^python \d+ -$/);
  });

  it('start an on_demand watcher at the first connection, which is served, and again after it has ended', async () => {
    await using real = await Real.start(() => ({
      sockets: { web: { host: '127.0.0.1', port: 0 } },
      watchers: { web: { cmd: '/usr/bin/python3 -c', args: [PYTHON_SERVER], use_sockets: true, on_demand: true } },
    }));
    expect(real.watcher().status).to.equal('stopped');
    const [, first] = (await ask(portOf(real))).split(' ');
    expect(real.pids()).to.deep.equal([Number(first)]);
    process.kill(Number(first), 'SIGKILL');
    await eventually(() => real.watcher().status === 'stopped');
    const [, second] = (await ask(portOf(real))).split(' ');
    expect(second).to.not.equal(first);
    await real.watcher().stop();
    connect({ host: '127.0.0.1', port: portOf(real) }).on('error', () => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(real.watcher().status).to.equal('stopped');
    expect(await real.watcher().start(), 'to wait for a connection is its start').to.not.have.property('instead');
    expect(real.watcher().status).to.equal('stopped');
  });

  it('that can not be opened are one error that names the socket and who holds it, and nothing starts', async () => {
    await using real = await Real.start(() => ({ sockets: { web: { host: '127.0.0.1', port: 0 } } }));
    const error = await Real.start(() => ({
      sockets: { again: { host: '127.0.0.1', port: portOf(real) } },
      watchers: { web: { cmd: 'sleep 60' } },
    })).then(
      () => 'started',
      (thrown: Error) => thrown.message,
    );
    expect(error).to.match(/cannot open socket "again" at 127\.0\.0\.1:\d+: .*EADDRINUSE.*held by/);
  });
});
