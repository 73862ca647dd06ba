import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

describe('a program of the command line', () => {
  it('that ends before it is done, with nothing left to wait for, does not look as if all were well', () => {
    const bin = new URL('../../../core/cli/bin.js', import.meta.url).href;
    const text = `const { runBin } = await import('${bin}'); void runBin(() => new Promise(() => {}));`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
    expect([status, stderr]).to.deep.equal([70, 'ended before it was done: it waits for what never comes; please report this\n']);
  });
});
