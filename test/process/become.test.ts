import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../fixtures/upgrade/become.js', import.meta.url));

const EXITS = [
  { exit_code: 3, signal: null },
  { exit_code: 42, signal: null },
  { exit_code: -9, signal: 'SIGKILL' },
];

(process.platform === 'linux' ? describe : describe.skip)('a program that takes the place of another in its process', () => {
  it('keeps the pid and the children, and is told exactly how they ended, also what ended in between; one that can not be executed changes nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rm-become-'));
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, join(directory, 'state'), '2']);
    rmSync(directory, { recursive: true });
    const refused = 'cannot execute /no/such/program: no such file or directory (ENOENT);';
    expect(JSON.parse(stdout)).to.deep.equal({
      same: true,
      why: refused.repeat(2),
      exits: EXITS,
    });
  });

  it('is told so as PID 1 too, which reaps what is nobody’s, though it takes a while to get to them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rm-become-'));
    const words = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, PROGRAM, join(directory, 'state'), '1', '600'];
    const { stdout } = await promisify(execFile)('unshare', words);
    rmSync(directory, { recursive: true });
    expect(JSON.parse(stdout)).to.deep.include({ same: true, exits: EXITS });
  });
});
