import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { VirtualClock } from '../../../core/testing.js';
import { FileOutlet } from '../../../plugins/logs/file-outlet.js';
import { Loss } from '../../../plugins/logs/loss.js';
import type { Origin } from '../../../plugins/logs/outlet.js';
import { noRotation, sizeRotation } from '../../../plugins/logs/rotation.js';
import { Target } from '../../../plugins/logs/target.js';
import { contents, directory } from './kit.js';

describe('logs: what a file ends with', () => {
  const clock = new VirtualClock();
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log };
  const loss = new Loss(clock, { lost: () => {}, resumed: () => {} });
  const origin: Origin = { pid: 1, watcher: 'web', name: 'stdout', loss, format: null, when_slow: 'block' };
  const file = (filename: string, rotation = noRotation): Target => new Target(new FileOutlet(filename, rotation, { clock, log }), 1000);
  const write = (target: Target, text: string): void => void target.write(Buffer.from(text), origin);
  let at = '';

  beforeEach(() => {
    at = directory();
  });
  afterEach(() => rmSync(at, { recursive: true, force: true }));

  it('ends a line whose rest was lost before the next one begins', async () => {
    const logs = join(at, 'logs');
    renameSync(directory(), logs);
    const target = file(join(logs, 'a.log'));
    write(target, 'half');
    target.rest();
    renameSync(logs, `${logs}.away`);
    write(target, ' of it\n');
    renameSync(`${logs}.away`, logs);
    write(target, 'next\n');
    await target.close();
    expect(readFileSync(join(logs, 'a.log'), 'utf8')).to.equal('half\nnext\n');
    expect(loss.total).to.deep.equal({ bytes: 7, lines: 1 });
  });

  it('ends a line that a daemon before has left', async () => {
    writeFileSync(join(at, 'a.log'), 'one\nhal');
    const target = file(join(at, 'a.log'));
    write(target, 'two\n');
    write(target, 'three\n');
    await target.close();
    expect(readFileSync(join(at, 'a.log'), 'utf8')).to.equal('one\nhal\ntwo\nthree\n');
  });

  it('goes on with a line that was opened again in its middle', async () => {
    const target = file(join(at, 'a.log'));
    write(target, 'half');
    target.reopen();
    write(target, ' of it\n');
    write(target, 'next\n');
    await target.close();
    expect(readFileSync(join(at, 'a.log'), 'utf8')).to.equal('half of it\nnext\n');
  });

  it('does not rotate a file that somebody else has cut short before it is full again', async () => {
    const target = file(join(at, 'a.log'), sizeRotation(20, 3));
    write(target, 'first line one\n');
    truncateSync(join(at, 'a.log'));
    write(target, 'second line\n');
    await target.close();
    expect(contents(at)).to.deep.equal({ 'a.log': 'second line\n' });
  });
});
