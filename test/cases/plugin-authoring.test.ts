import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { runBin } from '../fixtures/cli/run-bin.js';

const run = promisify(execFile);
const ROOT = resolve('.');
/** What a new package would get from npm. */
const INSTALLED = ['chai', 'mocha', 'typescript', '@types', '.bin'];

/** Puts into a package what `npm install` would, from what is here. */
async function install(directory: string): Promise<void> {
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(ROOT, join(modules, 'ringmaster'));
  for (const name of INSTALLED) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, npm_config_update_notifier: 'false' };
  const { stdout, stderr } = await run('npm', [...args], { cwd, env }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`npm ${args.join(' ')}: ${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}

describe('plugin new', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringmaster-new-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  for (const [language, args] of [
    ['TypeScript', []],
    ['JavaScript', ['--javascript']],
  ] as const) {
    it(`makes a package in ${language} that passes its own tests, conforms, and can be published`, async () => {
      const made = await runBin('main', ['plugin', 'new', 'queue-alarm', ...args], { cwd: folder });
      expect(made).to.include({ status: 0, stderr: '' });
      expect(made.stdout).to.include('cd ringmaster-plugin-queue-alarm').and.to.include('npm test').and.to.include('plugin test .');
      const directory = join(folder, 'ringmaster-plugin-queue-alarm');
      await install(directory);
      expect(await npm(directory, 'test')).to.include('4 passing');

      const tested = await runBin('main', ['plugin', 'test', '.'], { cwd: directory });
      expect(tested.stdout).to.include('plugin queue_alarm: 11 checks, all passed');
      expect(tested.status).to.equal(0);

      const described = await runBin('main', ['plugins', 'describe', './ringmaster-plugin-queue-alarm'], { cwd: folder });
      expect(described.stdout).to.include('limit: ').and.to.include('How many deaths');
      const sample = await runBin('main', ['config', 'sample', '--plugin', './ringmaster-plugin-queue-alarm'], { cwd: folder });
      await writeFile(join(folder, 'ringmaster.yaml'), sample.stdout);
      expect((await runBin('main', ['check', 'ringmaster.yaml'], { cwd: folder })).status).to.equal(0);

      const packed = await npm(directory, 'pack', '--dry-run');
      expect(packed)
        .to.match(/ringmaster-plugin-queue-alarm-0\.1\.0\.tgz/)
        .and.not.to.include('index.test');
      const { keywords, peerDependencies } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
      expect(keywords).to.deep.equal(['ringmaster-plugin']);
      expect(peerDependencies).to.have.keys('ringmaster');
    });
  }

  it('puts it where it is told to', async () => {
    const { status } = await runBin('main', ['plugin', 'new', 'ringmaster-plugin-mine', '--directory', 'a/b', '--javascript'], {
      cwd: folder,
    });
    expect(status).to.equal(0);
    expect(JSON.parse(await readFile(join(folder, 'a/b/package.json'), 'utf8')).name).to.equal('ringmaster-plugin-mine');
  });

  it('touches no directory that exists (RM_PLUGIN_DIRECTORY)', async () => {
    await mkdir(join(folder, 'there'));
    const { status, stderr } = await runBin('main', ['plugin', 'new', 'mine', '--directory', 'there'], { cwd: folder });
    expect(status).to.equal(1);
    expect(stderr).to.match(/cannot make a plugin in .*there: it exists; choose another --directory/);
    expect(await readdir(join(folder, 'there'))).to.deep.equal([]);
  });

  for (const [name, why] of [
    ['Flap!', 'it must be of a-z, 0-9, - and _, and begin with a letter'],
    ['../up', 'it must be of a-z'],
    ['flapping', 'a plugin of that name comes with ringmaster'],
  ]) {
    it(`refuses the name ${name}, and says what is allowed (RM_PLUGIN_NAME)`, async () => {
      const { status, stderr } = await runBin('main', ['plugin', 'new', String(name)], { cwd: folder });
      expect(status).to.equal(1);
      expect(stderr).to.include(`cannot make a plugin "${name}": ${why}`).and.to.include('choose another name');
      expect(await readdir(folder)).to.deep.equal([]);
    });
  }

  it('wants one name', async () => {
    expect((await runBin('main', ['plugin', 'new'], { cwd: folder })).stderr).to.include('one name is wanted, got none');
  });
});

describe('plugin test', () => {
  it('tells what is wrong with a plugin and how to mend it, and ends with 1', async () => {
    const { status, stdout } = await runBin('main', ['plugin', 'test', './test/fixtures/plugins/mine.js']);
    expect(status).to.equal(1);
    expect(stdout)
      .to.match(/^FAIL unknown_options/m)
      .and.to.include('to mend it: add `additionalProperties: false`');
  });

  it('prints one object with --json, and takes options', async () => {
    const { status, stdout } = await runBin('main', ['plugin', 'test', 'flapping', 'attempts=3', '--json']);
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ plugin: 'flapping', ok: true });
    const wrong = await runBin('main', ['plugin', 'test', 'flapping', 'attempts=none']);
    expect(wrong.status).to.equal(1);
    expect(wrong.stdout).to.include('plugins.flapping.attempts must be an integer, at least 1, got "none"');
  });

  it('says that there is no such plugin, and what is wrong with its arguments', async () => {
    expect((await runBin('main', ['plugin', 'test', 'flaping'])).stderr).to.include('did you mean "flapping"?');
    expect((await runBin('main', ['plugin', 'test'])).status).to.equal(2);
    expect((await runBin('main', ['plugin', 'test', 'flapping', 'loud'])).stderr).to.include('an option must be NAME=VALUE, got "loud"');
  });
});

describe('example plugins in JavaScript', () => {
  const EXAMPLES = ['backlog-scaler', 'chat-webhook', 'heartbeat-probe', 'log-alarm'];

  for (const name of EXAMPLES) {
    it(`${name} passes its own tests`, async () => {
      const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
      const args = [mocha, '--no-config', '--timeout', '20000', `examples/plugins/${name}/test.mjs`];
      const { stdout } = await run(process.execPath, args, { cwd: ROOT }).catch((error: { stdout: string }) => {
        throw new Error(error.stdout);
      });
      expect(stdout)
        .to.match(/\d passing/)
        .and.not.to.include('failing');
      expect(await readFile(`examples/plugins/${name}/README.md`, 'utf8')).to.include(`./examples/plugins/${name}/index.mjs`);
    });
  }
});
