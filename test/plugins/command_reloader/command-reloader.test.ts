import { chmod, mkdir, mkdtemp, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig, loadConfig } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { createHarness, eventually, type Harness, noLeaks } from '../../../core/testing.js';
import reloader from '../../../plugins/command_reloader/index.js';

describe('command_reloader', () => {
  noLeaks();

  let directory: string;
  const at = (name: string): string => join(directory, name);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ringmaster-reloader-'));
    await writeFile(at('web'), '#!/bin/sh\n');
    await utimes(at('web'), 1000, 1000);
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function started(options: object, watcher: object = {}): Promise<Harness> {
    const config = {
      plugins: { command_reloader: options },
      watchers: { web: { cmd: `${at('web')} --port 1`, ...watcher }, other: { cmd: '/bin/sleep 1000' } },
    };
    const harness = createHarness({ config, plugins: [reloader] });
    await harness.start();
    await looks(harness, 3);
    return harness;
  }

  /** Lets so many seconds pass, each with time for files to be looked at. */
  async function looks(harness: Harness, seconds: number): Promise<void> {
    for (let step = 0; step < seconds * 10; step++) {
      await harness.clock.advanceAsync(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  const count = (harness: Harness, name: string, watcher = 'web'): number =>
    harness.events.names(watcher).filter((one) => one === name).length;
  /** Lets time pass until it has happened so often. */
  const until = (harness: Harness, name: string, times: number): Promise<boolean> =>
    eventually(async () => {
      await harness.clock.advanceAsync(100);
      return count(harness, name) >= times;
    });

  it('restarts a watcher when the time of its command changes, and no other', async () => {
    await using harness = await started({});
    expect(count(harness, 'stop')).to.equal(0);
    await utimes(at('web'), 2000, 2000);
    await until(harness, 'stop', 1);
    await looks(harness, 3);
    expect(count(harness, 'stop')).to.equal(1);
    expect(count(harness, 'stop', 'other')).to.equal(0);
  });

  it('restarts it when its command is another file, by a symbolic link; and not while there is none', async () => {
    for (const version of ['v1', 'v2']) {
      await writeFile(at(version), '#!/bin/sh\n');
      await utimes(at(version), 1000, 1000);
    }
    await symlink('v1', at('current'));
    await using harness = await started({}, { cmd: at('current') });
    await unlink(at('current'));
    await looks(harness, 3);
    expect(count(harness, 'stop')).to.equal(0);
    await symlink('v2', at('current'));
    await until(harness, 'stop', 1);
  });

  it('looks the command up in PATH, and from working_dir with use_working_dir', async () => {
    await chmod(at('web'), 0o755);
    for (const [options, watcher] of [
      [{}, { cmd: 'web', env: { PATH: `/bin:${directory}` } }],
      [{ use_working_dir: true }, { cmd: './web', working_dir: directory }],
      [{ use_working_dir: true }, { cmd: 'shown --x', executable: './web', working_dir: directory }],
    ] as const) {
      await utimes(at('web'), 1000, 1000);
      await using harness = await started(options, watcher);
      await utimes(at('web'), 3000, 3000);
      await until(harness, 'stop', 1);
    }
  });

  it('leaves a stopped watcher stopped', async () => {
    await using harness = await started({}, { autostart: false });
    await utimes(at('web'), 2000, 2000);
    await looks(harness, 4);
    expect(harness.supervisor.find('web')?.status).to.equal('stopped');
  });

  it('takes another command, set at run time, for no change of its file', async () => {
    await writeFile(at('web2'), '#!/bin/sh\n');
    await using harness = await started({});
    await harness.until(harness.supervisor.find('web')?.set({ cmd: at('web2') }) ?? Promise.reject(new Error('no web')));
    await looks(harness, 3);
    expect(count(harness, 'stop')).to.equal(0);
    await utimes(at('web2'), 2000, 2000);
    await until(harness, 'stop', 1);
  });

  it('acts on files that are written, replaced, removed or new, also in new folders', async () => {
    await mkdir(at('src/deep'), { recursive: true });
    await writeFile(at('src/deep/a.js'), '');
    await using harness = await started({ files: [`${directory}/src/**/*.js`, '!**/*.test.js'], debounce: '100ms' });
    const changes: readonly [string, () => Promise<void>][] = [
      ['written', () => writeFile(at('src/deep/a.js'), '1')],
      ['new', () => writeFile(at('src/b.js'), '')],
      [
        'replaced',
        async () => {
          await writeFile(at('src/b.new'), '2');
          await rename(at('src/b.new'), at('src/b.js'));
        },
      ],
      ['removed', () => unlink(at('src/b.js'))],
      [
        'in a new folder',
        async () => {
          await mkdir(at('src/new/er'), { recursive: true });
          await writeFile(at('src/new/er/c.js'), '');
        },
      ],
      ['in a folder that is not new any more', () => writeFile(at('src/new/er/c.js'), '3')],
      ['with a folder that is removed', () => rm(at('src/new'), { recursive: true })],
    ];
    for (const [title, change] of changes) {
      const before = count(harness, 'stop');
      await change();
      await until(harness, 'stop', before + 1).catch((cause: unknown) => {
        throw new Error(`nothing came of a file ${title}`, { cause });
      });
      await looks(harness, 1);
    }
  });

  it('leaves files alone that are not meant', async () => {
    await mkdir(at('src/.git'), { recursive: true });
    await using harness = await started({ files: [`${directory}/src/**/*.js`, `!${directory}/src/**/*.test.js`], debounce: 0 });
    for (const name of ['src/a.css', 'src/a.test.js', 'src/.git/a.js', 'a.js']) await writeFile(at(name), '');
    await looks(harness, 2);
    expect(count(harness, 'stop')).to.equal(0);
  });

  it('does one reload for many changes, when nothing has changed for as long as debounce', async () => {
    await mkdir(at('src'));
    await using harness = await started({ files: `${directory}/src/*`, debounce: 2, action: 'reload', loop_rate: 60 });
    for (let nth = 0; nth < 5; nth++) {
      await writeFile(at(`src/${nth}`), '');
      await looks(harness, 1);
    }
    expect(count(harness, 'reload')).to.equal(0);
    await until(harness, 'reload', 1);
    await looks(harness, 3);
    expect([count(harness, 'reload'), count(harness, 'stop')]).to.deep.equal([1, 0]);
  });

  it('watches a folder as soon as there is one', async () => {
    await using harness = await started({ files: `${directory}/later/*`, debounce: 0 });
    await mkdir(at('later'));
    await looks(harness, 2);
    await writeFile(at('later/a'), '');
    await until(harness, 'stop', 1);
  });

  it('takes options from the watcher first, is off where the watcher says so, and follows watchers that come and go', async () => {
    await using harness = await started({}, { plugins: { command_reloader: false } });
    await utimes(at('web'), 2000, 2000);
    await looks(harness, 3);
    expect(count(harness, 'stop')).to.equal(0);
    const late = harness.supervisor.add('late', { cmd: at('web'), plugins: { command_reloader: { action: 'reload' } } });
    await harness.until(late.start());
    await looks(harness, 3);
    await utimes(at('web'), 3000, 3000);
    await eventually(async () => {
      await harness.clock.advanceAsync(100);
      return count(harness, 'reload', 'late') === 1;
    });
    const timers = harness.clock.pending.length;
    await harness.until(harness.supervisor.remove('late'));
    expect(harness.clock.pending.length).to.be.lessThan(timers);
  });

  it('is what a circus.ini means by the class of Circus', async () => {
    await writeFile(
      at('circus.ini'),
      '[plugin:cr]\nuse = circus.plugins.command_reloader.CommandReloader\nloop_rate = 3\nuse_working_dir = True\n[watcher:web]\ncmd = web\ncommand_reloader.files = src/*.js *.conf\n',
    );
    const { config, problems } = await loadConfig(at('circus.ini'), { resolvePlugin });
    expect(problems).to.deep.equal([]);
    expect(config?.plugins.command_reloader).to.deep.equal({
      use_working_dir: true,
      loop_rate: 3,
      files: [],
      debounce: 0.5,
      action: 'restart',
    });
    expect(config?.watchers.web?.plugins).to.deep.equal({ command_reloader: { files: 'src/*.js *.conf' } });
  });

  it('names wrong options', async () => {
    const { problems } = await checkConfig(
      { plugins: { command_reloader: { loop_rate: 0, action: 'stop', file: 'x' } } },
      { resolvePlugin },
    );
    expect(problems.map(({ path }) => path)).to.have.members(
      ['loop_rate', 'action', 'file'].map((name) => `plugins.command_reloader.${name}`),
    );
  });
});
