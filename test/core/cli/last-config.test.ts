import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepLastConfig, lastConfig, standingConfig } from '../../../core/cli/last-config.js';
import { loadConfig } from '../../../core/config/index.js';
import type { Config } from '../../../core/config/schema/daemon.js';
import { procStat } from '../../../core/os/posix/proc-identity.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { eventually } from '../../../core/testing.js';

describe('the config that was in effect', () => {
  const { RINGMASTER_RUNTIME_DIR } = process.env;
  let directory: string;
  let file: string;
  let config: Config;
  let lines: LogLine[];
  let told: Record<string, () => void>;
  let setUp: (first: Config) => Promise<void>;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'rm-last-'));
    process.env.RINGMASTER_RUNTIME_DIR = join(directory, 'run');
    mkdirSync(join(directory, 'state'));
    writeFileSync(join(directory, 'state', 'journal'), '');
    file = join(directory, 'rm.mjs');
    config = await written('web', 0);
    [lines, told] = [[], {}];
    const hook = (name: string) => ({
      tap: (fn: () => void) => {
        told[name] = fn;
      },
    });
    const hooks = Object.fromEntries(['boot', 'ready', 'config_applied', 'leaving', 'shutdown'].map((name) => [name, hook(name)]));
    setUp = async (first) => {
      await keepLastConfig(file, first).setup({ hooks, log: recordingLogger(lines) } as never);
    };
    await setUp(config);
  });

  afterEach(() => {
    if (RINGMASTER_RUNTIME_DIR === undefined) delete process.env.RINGMASTER_RUNTIME_DIR;
    else process.env.RINGMASTER_RUNTIME_DIR = RINGMASTER_RUNTIME_DIR;
    rmSync(directory, { recursive: true, force: true });
  });

  /** A config with this watcher, which takes a while to be read, or waits for a file. */
  async function written(watcher: string, wait: 0 | string): Promise<Config> {
    const value = { state_dir: join(directory, 'state'), watchers: { [watcher]: { cmd: 'true' } } };
    const waits = `import { existsSync, writeFileSync } from 'node:fs';
      writeFileSync('${directory}/reads-${watcher}', '');
      while (${wait !== 0} && !existsSync('${directory}/${wait}')) await new Promise((resolve) => setTimeout(resolve, 5));
      writeFileSync('${directory}/read-${watcher}', '');`;
    writeFileSync(file, `${waits}\nexport default ${JSON.stringify(value)};`);
    const loaded = wait === 0 ? (await loadConfig(file)).config : null;
    return loaded ?? config;
  }

  const isThere = (name: string): Promise<unknown> => eventually(() => existsSync(join(directory, name)));
  /** Has the one that waits come to its end. */
  async function goOn(watcher: string): Promise<void> {
    writeFileSync(join(directory, 'go'), '');
    await isThere(`read-${watcher}`);
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  const pathOf = (): string => {
    const folder = join(directory, 'run', 'state');
    return join(folder, readdirSync(folder).find((name) => name.endsWith('.config')) ?? 'none');
  };
  const kept = (): readonly string[] => Object.keys(lastConfig(file)?.watchers ?? {});

  it('is written down again after a crash amid that, by a process of the same id', () => {
    told.boot?.();
    const path = pathOf();
    rmSync(path);
    writeFileSync(`${path}.${process.pid}`, 'half');
    told.boot?.();
    expect(lines.map(({ message }) => message)).to.deep.equal([]);
    expect(readdirSync(join(directory, 'run', 'state'))).to.have.length(1);
    expect(kept()).to.deep.equal(['web']);
  });

  it('is none where what was written down is cut', () => {
    told.boot?.();
    writeFileSync(pathOf(), readFileSync(pathOf(), 'utf8').slice(0, 40));
    expect(lastConfig(file)).to.equal(null);
    writeFileSync(pathOf(), '');
    expect(lastConfig(file)).to.equal(null);
  });

  it('is the latest that was applied, in whatever order they are read', async () => {
    told.boot?.();
    told.ready?.();
    await written('older', 'go');
    told.config_applied?.();
    await isThere('reads-older');
    await written('newer', 0);
    told.config_applied?.();
    await eventually(() => expect(kept()).to.deep.equal(['newer']));
    await goOn('older');
    expect(kept()).to.deep.equal(['newer']);
  });

  it('is that of the daemon before, where there is one, until the next has started', async () => {
    told.boot?.();
    await setUp(await written('newer', 0));
    told.boot?.();
    expect(kept()).to.deep.equal(['web']);
    told.ready?.();
    expect(kept()).to.deep.equal(['newer']);
  });

  it('is written down no more when everything is stopped', async () => {
    told.boot?.();
    told.ready?.();
    const path = pathOf();
    await written('late', 'go');
    told.config_applied?.();
    await isThere('reads-late');
    rmSync(join(directory, 'state', 'journal'));
    told.shutdown?.();
    await goOn('late');
    expect(existsSync(path)).to.equal(false);
  });

  it('stays where a start that fails has found it, and goes with what is noted down', () => {
    told.boot?.();
    told.shutdown?.();
    expect(kept()).to.deep.equal(['web']);
    rmSync(join(directory, 'state', 'journal'));
    told.shutdown?.();
    expect(readdirSync(join(directory, 'run', 'state'))).to.deep.equal([]);
  });

  it('says nothing of another state directory where it is of a daemon that lives, or of another boot', () => {
    const other = { ...config, state_dir: join(directory, 'other') };
    told.boot?.();
    expect(standingConfig(file, other).config.state_dir).to.equal(join(directory, 'state'));
    const written: object = JSON.parse(readFileSync(pathOf(), 'utf8'));
    const parent = { pid: process.ppid, start_ticks: procStat(process.ppid)?.start_ticks };
    for (const changed of [{ boot_id: 'another' }, parent]) {
      writeFileSync(pathOf(), JSON.stringify({ ...written, ...changed }));
      expect(standingConfig(file, other)).to.deep.equal({ config: other, warnings: [] });
    }
    writeFileSync(pathOf(), JSON.stringify({ ...written, ...parent, start_ticks: 1 }));
    expect(standingConfig(file, other).warnings).to.have.lengthOf(1);
  });
});
