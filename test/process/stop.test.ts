import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { child, hasStopped, isAlive, Real } from '../fixtures/real.js';

describe('ending real processes', () => {
  it('kills what is deaf to SIGTERM, after graceful_timeout', async () => {
    await using real = await Real.start((file) => ({
      watchers: { web: { cmd: 'node', args: [child('deaf.mjs'), file], graceful_timeout: '1s' } },
    }));
    await real.written(/ready/);
    const [pid = 0] = real.pids();
    await real.watcher().stop();
    expect(isAlive(pid)).to.equal(false);
    await real.written(/TERM/);
    expect(real.record.events.find((event) => event.name === 'reap')?.body).to.include({ process_pid: pid, exit_code: -9 });
  });

  it('ends at once what has stopped itself, and its group', async () => {
    await using real = await Real.start((file) => ({
      watchers: {
        web: { cmd: 'sh', args: ['-c', 'sleep 60 & child=$!; kill -STOP $child; echo "stops $child" >"$0"; kill -STOP $$', file] },
      },
    }));
    const [, sleeper] = await real.written(/stops (\d+)/);
    const [pid = 0] = real.pids();
    await eventually(() => [pid, Number(sleeper)].every((one) => hasStopped(one)));
    const begun_ms = performance.now();
    await real.watcher().stop();
    expect(performance.now() - begun_ms).to.be.below(10_000);
    expect([pid, Number(sleeper)].filter(isAlive)).to.deep.equal([]);
    expect(real.record.events.find((event) => event.name === 'reap')?.body).to.include({ process_pid: pid, exit_code: -15 });
  });

  it('leaves nothing of the process group, though the leader ends at once', async () => {
    await using real = await Real.start((file) => ({
      watchers: { web: { cmd: 'node', args: [child('family.mjs'), file], graceful_timeout: '300ms' } },
    }));
    const [, leader, grandchild] = await real.written(/ready (\d+) (\d+)/);
    expect(isAlive(Number(grandchild))).to.equal(true);
    await real.watcher().stop();
    expect(isAlive(Number(leader))).to.equal(false);
    expect(isAlive(Number(grandchild))).to.equal(false);
  });

  it('ends what a crashed process left behind, and replaces the process at once', async () => {
    await using real = await Real.start((file) => ({
      watchers: { web: { cmd: 'node', args: [child('family.mjs'), file], graceful_timeout: '300ms' } },
    }));
    const [, leader, grandchild] = await real.written(/ready (\d+) (\d+)/);
    process.kill(Number(leader), 'SIGKILL');
    await eventually(() => real.pids().length === 1 && real.pids()[0] !== Number(leader));
    await eventually(() => !isAlive(Number(grandchild)));
  });

  it('tells exit codes, and signals as negative ones', async () => {
    await using real = await Real.start(() => ({
      watchers: { code: { cmd: "sh -c 'exit 3'", respawn: false }, signal: { cmd: "sh -c 'kill -QUIT $$'", respawn: false } },
    }));
    await eventually(() => ['code', 'signal'].every((name) => real.watcher(name).status === 'stopped'));
    const codes = real.record.events.flatMap((event) => (event.name === 'reap' ? [[event.watcher, event.body.exit_code]] : []));
    expect(Object.fromEntries(codes)).to.deep.equal({ code: 3, signal: -3 });
  });

  it("never touches the host's own children, exit codes included", async () => {
    await using real = await Real.start(() => ({ watchers: { web: { cmd: 'sleep 60', numprocesses: 5 } } }));
    const own = Array.from({ length: 40 }, async (_, code) => {
      const [exit] = await once(spawn('/bin/sh', ['-c', `sleep 0.0${code % 10}; exit ${code}`], { stdio: 'ignore' }), 'exit');
      return exit;
    });
    for (const pid of real.pids()) process.kill(pid, 'SIGKILL');
    await real.watcher().restart();
    expect(await Promise.all(own)).to.deep.equal(Array.from({ length: 40 }, (_, code) => code));
    expect(real.pids()).to.have.length(5);
  });

  it('stops in the middle of starting three hundred', async () => {
    const started = Real.start(() => ({ watchers: { web: { cmd: 'sleep 60', numprocesses: 300 } } }));
    const real = await started;
    const pids = real.pids();
    await real.supervisor.stop();
    expect(pids).to.have.length(300);
    expect(pids.filter(isAlive)).to.deep.equal([]);
    await real[Symbol.asyncDispose]();
  });
});
