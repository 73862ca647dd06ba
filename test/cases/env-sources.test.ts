import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { Daemon, type Place } from '../fixtures/daemon.js';

const SCRIPT = 'printf "%s|%s|%s|%s" "$FROM_FILE" "$DB_PASSWORD" "$BOTH" "$LATER" > out.new && mv out.new out && exec sleep 1000\n';

const config = ({ endpoint, pubsub_endpoint, directory }: Place): string =>
  JSON.stringify({
    endpoint,
    pubsub_endpoint,
    loglevel: 'debug',
    watchers: {
      web: {
        cmd: 'sh script',
        working_dir: directory,
        copy_env: true,
        env: { BOTH: 'env' },
        env_file: ['one.env', '-two.env'],
        credentials: { DB_PASSWORD: 'db' },
      },
    },
  });

async function prepared(place: Place): Promise<void> {
  await writeFile(join(place.directory, 'script'), SCRIPT);
  await writeFile(join(place.directory, 'one.env'), 'FROM_FILE="from one"\nBOTH=file\n');
  await writeFile(join(place.directory, 'db'), 'hunter2-of-the-test\n', { mode: 0o400 });
}

describe('variables from files and credentials', () => {
  it('are read at each spawn, count before env, and are shown to nobody', async () => {
    await using daemon = await Daemon.launch({ file: 'ringmaster.json', bin: 'main', args: () => ['run'], config });
    // Without its file it has refused to start.
    expect((await daemon.ended).status).to.equal(78);
    expect(daemon.stderr).to.include('one.env cannot be read');
    const { directory } = daemon.place;
    await prepared(daemon.place);
    const file = join(directory, 'ringmaster.json');

    await using second = await Daemon.program([join(process.cwd(), 'dist/core/main.js'), 'run', file], {
      CREDENTIALS_DIRECTORY: directory,
    });
    await second.ready();
    const out = (): Promise<string> => readFile(join(directory, 'out'), 'utf8').catch(() => '');
    await eventually(async () => (await out()) !== '', { what: 'the variables' });
    expect(await out()).to.equal('from one|hunter2-of-the-test|file|');

    await writeFile(join(directory, 'two.env'), 'LATER=yes\nFROM_FILE=two\n');
    await writeFile(join(directory, 'db.new'), 'changed', { mode: 0o400 });
    execFileSync('mv', ['-f', join(directory, 'db.new'), join(directory, 'db')]);
    await rm(join(directory, 'out'));
    const args = ['--endpoint', daemon.place.endpoint];
    expect((await runBin('main', ['restart', 'web', '--waiting', ...args])).status).to.equal(0);
    await eventually(async () => (await out()) !== '', { what: 'the variables' });
    expect(await out()).to.equal('two|changed|file|yes');

    const shown = await runBin('main', ['options', 'web', '--show-secrets', ...args]);
    const got = await runBin('main', ['get', 'web', 'env', 'env_file', 'credentials', ...args]);
    expect(shown.stdout + got.stdout)
      .to.include('one.env')
      .and.not.match(/hunter2|changed|from one/);
    expect(second.stdout + second.stderr).to.not.match(/hunter2|changed|from one/);

    await rm(join(directory, 'one.env'));
    await runBin('main', ['restart', 'web', '--waiting', ...args]);
    await second.printed('one.env cannot be read');
  });
});
