import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { launchdPlist, type ServiceFacts, systemdUnit } from '../../../core/cli/service-file.js';
import { runBin } from '../../fixtures/cli/run-bin.js';

const FACTS: ServiceFacts = {
  name: 'web',
  node: '/usr/bin/node',
  main: '/opt/ring master/main.js',
  config: '/etc/50%/a "b" $HOME.yaml',
  endpoint: null,
  stop_s: 40.5,
  durable: false,
  user: false,
};

describe('a service file', () => {
  const lineOf = (unit: string, key: string): string | undefined => unit.split('\n').find((line) => line.startsWith(`${key}=`));

  it('quotes for systemd whatever is in a path', () => {
    const unit = systemdUnit(FACTS);
    expect(lineOf(unit, 'ExecStart')).to.equal('ExecStart=/usr/bin/node "/opt/ring master/main.js" run "/etc/50%%/a \\"b\\" $$HOME.yaml"');
    expect(lineOf(unit, 'WorkingDirectory')).to.equal('WorkingDirectory=/etc/50%%');
  });

  it('gives the daemon time for its graceful timeouts, and names its endpoint for a reload', () => {
    const unit = systemdUnit({ ...FACTS, endpoint: 'ipc:///run/x.sock' });
    expect(lineOf(unit, 'TimeoutStopSec')).to.equal('TimeoutStopSec=51');
    expect(lineOf(unit, 'ExecReload')).to.match(/reloadconfig --waiting --endpoint ipc:\/\/\/run\/x\.sock$/);
    expect(lineOf(systemdUnit(FACTS), 'ExecReload')).to.match(/reloadconfig --waiting$/);
  });

  it('says what the service is', () => {
    expect(lineOf(systemdUnit(FACTS), 'Description')).to.equal('Description=Process supervisor web');
  });

  it('has systemd leave processes alone that are to outlive a crash, and only those', () => {
    expect(lineOf(systemdUnit(FACTS), 'KillMode')).to.equal('KillMode=mixed');
    expect(lineOf(systemdUnit({ ...FACTS, durable: true }), 'KillMode')).to.equal('KillMode=process');
  });

  it('has systemd neither stop all for one that was killed for want of memory, nor give up, nor count processes', () => {
    const unit = systemdUnit(FACTS);
    expect(lineOf(unit, 'OOMPolicy')).to.equal('OOMPolicy=continue');
    expect(lineOf(unit, 'StartLimitIntervalSec')).to.equal('StartLimitIntervalSec=0');
    expect(lineOf(unit, 'TasksMax')).to.equal('TasksMax=infinity');
  });

  it('has systemd start a daemon again that SIGHUP has ended, as it takes the signal for itself where it can', () => {
    expect(lineOf(systemdUnit(FACTS), 'RestartForceExitStatus')).to.equal('RestartForceExitStatus=SIGHUP');
  });

  it('is called in the journal what it is called itself', () => {
    expect(lineOf(systemdUnit(FACTS), 'SyslogIdentifier')).to.equal('SyslogIdentifier=web');
  });

  it('for the own service manager starts with the session', () => {
    expect(lineOf(systemdUnit({ ...FACTS, user: true }), 'WantedBy')).to.equal('WantedBy=default.target');
    expect(lineOf(systemdUnit(FACTS), 'WantedBy')).to.equal('WantedBy=multi-user.target');
  });

  it('escapes for launchd what XML means something by', () => {
    expect(launchdPlist({ ...FACTS, config: '/a&<b>.yaml' })).to.contain('<string>/a&amp;&lt;b&gt;.yaml</string>');
  });
});

describe('ringmaster install', () => {
  let directory: string;
  let config: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'install-'));
    config = join(directory, 'my app.yaml');
    const watchers = 'a: {cmd: sleep 60, graceful_timeout: 5}\n  b: {cmd: sleep 60, graceful_timeout: 20, priority: 2}';
    writeFileSync(config, `watchers:\n  ${watchers}\n`);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const install = (...args: readonly string[]) => runBin('main', ['install', ...args], { env: { XDG_CONFIG_HOME: directory } });

  it('prints a unit that names node, ringmaster and the config by their whole paths', async () => {
    const { status, stdout } = await install(config, '--print', '--format', 'systemd');
    expect(status).to.equal(0);
    expect(stdout).to.contain(`ExecStart=${process.execPath} ${resolve('dist/core/main.cjs')} run "${config}"`);
    expect(stdout).to.contain('TimeoutStopSec=35');
  });

  it('writes the unit for the own service manager, once, and says what to run', async () => {
    const file = join(directory, 'systemd/user/ringmaster-my-app.service');
    const first = await install(config, '--user', '--format', 'systemd');
    expect([first.status, first.stdout]).to.deep.equal([
      0,
      `${file} written\ntry: systemctl --user daemon-reload && systemctl --user enable --now ringmaster-my-app\n`,
    ]);
    const again = await install(config, '--user', '--format', 'systemd');
    expect(again.status).to.equal(1);
    expect(again.stderr).to.contain('it exists').and.contain('--force');
    expect((await install(config, '--user', '--format', 'systemd', '--force')).status).to.equal(0);
  });

  it('calls the service of ringmaster.yaml ringmaster', async () => {
    const own = join(directory, 'ringmaster.yaml');
    writeFileSync(own, 'watchers: {a: {cmd: sleep 60}}\n');
    expect((await install(own, '--print', '--format', 'systemd')).stdout).to.contain('Description=Process supervisor ringmaster\n');
  });

  it('runs systemctl where it is asked to, and fails with RM_COMMAND_FAILED where that fails', async () => {
    const systemctl = join(directory, 'systemctl');
    const install_ = (script: string) => {
      writeFileSync(systemctl, `#!/bin/sh\n${script}\n`);
      chmodSync(systemctl, 0o755);
      const env = { XDG_CONFIG_HOME: directory, PATH: `${directory}:${process.env.PATH}` };
      return runBin('main', ['install', config, '--user', '--format', 'systemd', '--enable', '--force', '--name', 'x'], { env });
    };
    const done = await install_(`echo "$@" >> ${directory}/asked`);
    expect(done.status).to.equal(0);
    expect(readFileSync(join(directory, 'asked'), 'utf8')).to.equal('--user daemon-reload\n--user enable --now x\n');
    const failed = await install_('echo no bus >&2; exit 1');
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.contain('systemctl --user daemon-reload failed').and.contain('no bus');
  });

  it('installs nothing for a config with errors, or under a name that is none', async () => {
    expect((await install(config, '--print', '--name', '../x')).status).to.equal(2);
    writeFileSync(config, 'watchers: {a: {}}\n');
    const broken = await install(config, '--user');
    expect(broken.status).to.equal(78);
    expect(broken.stderr).to.contain('nothing was installed');
    expect(existsSync(join(directory, 'systemd'))).to.equal(false);
  });
});
