import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createPidfile } from '../../../core/cli/pidfile.js';
import { eventually } from '../../../core/testing.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

describe('pidfile', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory[Symbol.dispose]();
  });

  it('holds the pid, may be read by all, and is gone afterwards', () => {
    const file = directory.at('pid');
    const before = process.umask(0o077);
    const pidfile = createPidfile(file);
    process.umask(before);
    expect(readFileSync(file, 'utf8')).to.equal(`${process.pid}\n`);
    expect(statSync(file).mode & 0o777).to.equal(0o644);
    expect(readdirSync(directory.path)).to.deep.equal(['pid']);
    pidfile[Symbol.dispose]();
    expect(readdirSync(directory.path)).to.deep.equal([]);
  });

  it('is refused where it names a live process, which it goes on naming', () => {
    const file = directory.file('pid', `${process.ppid}\n`);
    expect(() => createPidfile(file))
      .to.throw(`it names process ${process.ppid}, which is running`)
      .with.property('code', 'RM_PIDFILE_HELD');
    expect(readFileSync(file, 'utf8')).to.equal(`${process.ppid}\n`);
  });

  it('replaces one of a process that is gone, an empty one, and one that names this very process', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    for (const text of [`${child.pid}\n`, '', `${process.pid}`]) {
      const file = directory.file('pid', text);
      using _pidfile = createPidfile(file);
      expect(readFileSync(file, 'utf8')).to.equal(`${process.pid}\n`);
    }
  });

  it('replaces one of a process that has ended and that nobody has reaped', async () => {
    // A shell that becomes a sleep, which never waits for its child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await once(parent.stdout, 'data');
    const pid = Number(output);
    await eventually(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')), { what: 'a zombie' });
    const file = directory.file('pid', `${pid}\n`);
    createPidfile(file)[Symbol.dispose]();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  it('leaves alone a file that holds something else', () => {
    const file = directory.file('hosts', '127.0.0.1 localhost');
    expect(() => createPidfile(file))
      .to.throw('"127.0.0.1 localhost", not a pid')
      .with.property('code', 'RM_PIDFILE_FOREIGN');
    expect(readFileSync(file, 'utf8')).to.equal('127.0.0.1 localhost');
  });

  it('leaves a file alone at the end that another process has taken over', () => {
    const file = directory.at('pid');
    const pidfile = createPidfile(file);
    writeFileSync(file, `${process.ppid}\n`);
    pidfile[Symbol.dispose]();
    expect(readFileSync(file, 'utf8')).to.equal(`${process.ppid}\n`);
  });

  it('says which file cannot be written', () => {
    const file = directory.at('missing/pid');
    expect(() => createPidfile(file))
      .to.throw(`cannot write pidfile ${file}: ENOENT`)
      .with.property('code', 'RM_PIDFILE_WRITE');
  });
});
