import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../core/config/index.js';

describe('the check of a state directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rm-state-check-'));
    writeFileSync(join(directory, 'file'), '');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function problems(config: object, examine = true): Promise<readonly string[]> {
    const file = join(directory, 'rm.json');
    writeFileSync(file, JSON.stringify({ watchers: { web: { cmd: 'true' } }, ...config }));
    const loaded = await loadConfig(file, { host: true, examine });
    return loaded.problems.map(({ severity, path, message }) => `${severity} ${path} ${message}`);
  }

  it('warns of one that can not be used, where anything is to be durable or it is named', async () => {
    const state_dir = join(directory, 'file');
    const told = `warning state_dir can’t be used: ${state_dir}: it is no directory`;
    expect(await problems({ state_dir, durable: true })).to.deep.equal([told]);
    expect(await problems({ state_dir, watchers: { web: { cmd: 'true', durable: true } } })).to.deep.equal([told]);
    expect(await problems({ state_dir })).to.deep.equal([told]);
    expect(await problems({ state_dir, durable: false })).to.deep.equal([]);
  });

  it('says nothing of one that can be made, and does not make it', async () => {
    const state_dir = join(directory, 'a/b');
    expect(await problems({ state_dir, durable: true })).to.deep.equal([]);
    expect(existsSync(join(directory, 'a'))).to.equal(false);
  });

  it('is left to the start where only that is about to follow', async () => {
    expect(await problems({ state_dir: join(directory, 'file'), durable: true }, false)).to.deep.equal([]);
  });
});
