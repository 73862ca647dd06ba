import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepLastConfig, lastConfig } from '../../../core/cli/last-config.js';
import { loadConfig } from '../../../core/config/index.js';
import type { Config } from '../../../core/config/schema/daemon.js';
import { type LogLine, recordingLogger } from '../../../core/testing/logger.js';
import { eventually } from '../../../core/testing.js';

describe('the config that was in effect', () => {
  const { RINGMASTER_RUNTIME_DIR } = process.env;
  let directory: string;
  let file: string;
  let config: Config;
  let lines: LogLine[];
  let told: Record<string, () => void>;

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
    const hooks = Object.fromEntries(['ready', 'config_applied', 'shutdown'].map((name) => [name, hook(name)]));
    await keepLastConfig(file, config).setup({ hooks, log: recordingLogger(lines) } as never);
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
    told.ready?.();
    const path = pathOf();
    rmSync(path);
    writeFileSync(`${path}.${process.pid}`, 'half');
    told.ready?.();
    expect(lines.map(({ message }) => message)).to.deep.equal([]);
    expect(readdirSync(join(directory, 'run', 'state'))).to.have.length(1);
    expect(kept()).to.deep.equal(['web']);
  });

  it('is none where what was written down is cut', () => {
    told.ready?.();
    writeFileSync(pathOf(), readFileSync(pathOf(), 'utf8').slice(0, 40));
    expect(lastConfig(file)).to.equal(null);
    writeFileSync(pathOf(), '');
    expect(lastConfig(file)).to.equal(null);
  });

  it('is the latest that was applied, in whatever order they are read', async () => {
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

  it('is written down no more when everything is stopped', async () => {
    told.ready?.();
    const path = pathOf();
    await written('late', 'go');
    told.config_applied?.();
    await isThere('reads-late');
    told.shutdown?.();
    await goOn('late');
    expect(existsSync(path)).to.equal(false);
  });
});
