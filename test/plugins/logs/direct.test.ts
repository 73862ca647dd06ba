import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import { LogRig } from './kit.js';

const direct = (filename: string): object => ({ type: 'file', filename, direct: true });
/** Says who it is, and stays. */
const args = ['-e', 'console.log("I am", process.pid); setInterval(() => {}, 1000)'];

describe('logs: files that processes write to themselves', () => {
  it('goes to a file of that name for each new process, whatever became of the one before', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args, max_retry: -1, stdout: direct(join(at, 'a.log')) } }));
    await rig.reads('a.log', /^I am \d+\n$/);
    renameSync(join(rig.at, 'a.log'), join(rig.at, 'a.old'));
    process.kill(rig.watcher().processes()[0]?.pid ?? 0, 'SIGKILL');
    await eventually(() => existsSync(join(rig.at, 'a.log')));
    await rig.reads('a.log', /^I am \d+\n$/);
    expect(rig.text('a.old')).to.match(/^I am \d+\n$/);
  });

  it('leaves nothing of it open in the daemon', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args, stdout: direct(join(at, 'a.log')), stderr: 'stdout' } }));
    await rig.reads('a.log', /^I am \d+\n$/);
    const open = execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' });
    expect(open).to.not.contain(rig.at);
  });

  it('is not held up by a named pipe that nobody reads yet', async () => {
    const rig = new LogRig((at) => ({ web: { args, stdout: direct(join(at, 'pipe')) } }));
    await using _ = rig;
    execFileSync('mkfifo', [join(rig.at, 'pipe')]);
    await rig.supervisor.start();
    expect(rig.watcher().status).to.equal('active');
    const reader = openSync(join(rig.at, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(100);
    let text = '';
    await eventually(
      () => {
        try {
          text += buffer.toString('latin1', 0, readSync(reader, buffer));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        }
        return text.endsWith('\n');
      },
      { what: 'the process to be read' },
    );
    closeSync(reader);
    expect(text).to.match(/^I am \d+\n$/);
  });

  it('fails the spawn where the file can not be opened, and names it', async () => {
    await using rig = await LogRig.start((at) => ({ web: { args, max_retry: 1, stdout: direct(join(at, 'no', 'a.log')) } }));
    const [failed] = rig.events('spawn_failed');
    expect(failed?.body)
      .to.have.property('error')
      .that.contains(`cannot append output to ${join(rig.at, 'no', 'a.log')}`);
    expect(failed?.body).to.have.property('error').that.contains('ENOENT');
  });
});
