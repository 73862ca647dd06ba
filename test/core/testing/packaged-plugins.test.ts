import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packagedNames, resolvePlugin } from '../../../core/plugin-resolve.js';
import { testPlugin } from '../../../core/testing.js';

const NAMES = await packagedNames();

/** Options for plugins whose defaults would take ports that are somebody's. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  http: { port: 0 },
  watchdog: { port: 0 },
};

describe('the plugins that come along', () => {
  let directory: string;
  const inherited = process.env.RINGMASTER_RUNTIME_DIR;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ringmaster-conformance-'));
    process.env.RINGMASTER_RUNTIME_DIR = directory;
  });
  after(async () => {
    if (inherited === undefined) delete process.env.RINGMASTER_RUNTIME_DIR;
    else process.env.RINGMASTER_RUNTIME_DIR = inherited;
    await rm(directory, { recursive: true });
  });

  it('are all looked at', () => {
    expect(NAMES).to.include.members(['backoff', 'control', 'logs']);
  });

  for (const name of NAMES) {
    it(`${name} passes every check of ringmaster plugin test`, async () => {
      const checks = await testPlugin(await resolvePlugin(name, directory), { options: OPTIONS[name] ?? {} });
      expect(checks.flatMap(({ name: check, problems }) => problems.map((problem) => `${check}: ${problem}`))).to.deep.equal([]);
      expect(checks).to.have.length(11);
    });
  }
});
