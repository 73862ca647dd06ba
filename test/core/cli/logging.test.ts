import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openLog } from '../../../core/cli/pino-log.js';
import { eventually } from '../../../core/testing.js';
import { runBin } from '../../fixtures/cli/run-bin.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';
import { Daemon, iniHead } from '../../fixtures/daemon.js';
import { UnixSyslog } from '../../fixtures/syslog.js';
import { listenOnUdp } from '../../fixtures/udp.js';

describe("the daemon's log", () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => directory[Symbol.dispose]());

  const web = (head: string): ((place: Parameters<typeof iniHead>[0]) => string) => {
    return (place) => `${iniHead(place)}multicast_endpoint =\n${head}[watcher:web]\ncmd = sleep ${place.marker}\n`;
  };

  it('goes to syslog by UDP, to the last line', async () => {
    await using syslog = await listenOnUdp();
    const daemon = await Daemon.launch({ config: web(`logoutput = syslog://127.0.0.1:${syslog.port}?local3\n`) });
    await using _ = daemon;
    await eventually(() => syslog.messages.some((text) => text.includes('[INFO] ready: 1 watcher, 1 process')));
    daemon.kill('SIGTERM');
    expect(await daemon.gone()).to.deep.include({ status: 0 });
    await eventually(() => syslog.messages.at(-1)?.endsWith('[INFO] stopped'));
    for (const text of syslog.messages)
      expect(text).to.match(new RegExp(`^<1\\d\\d>\\w{3} [ \\d]\\d [\\d:]{8} \\S+ ringmaster\\[${daemon.pid}\\]: \\[`));
    expect(daemon.stdout).to.equal('');
  });

  it('goes to a socket of syslog, also after syslog was started again', async () => {
    const path = directory.at('log');
    const daemon = await (async () => {
      await using syslog = await UnixSyslog.listen(path);
      const started = await Daemon.launch({ config: web(`logoutput = syslog://${path}?daemon\n`) });
      await eventually(() => syslog.messages.some((text) => text.includes('ready: 1 watcher')));
      expect(syslog.messages[0]).to.match(/^<30>\w{3} [ \d]\d [\d:]{8} ringmaster\[\d+\]: \[INFO\] ringmaster .* starts with /);
      return started;
    })();
    await using _ = daemon;
    rmSync(path);
    daemon.kill('SIGHUP');
    await eventually(() => daemon.stderr.includes(`the log can not be sent to syslog://${path}?daemon: cannot send`));
    await using syslog = await UnixSyslog.listen(path);
    daemon.kill('SIGHUP');
    await eventually(() => syslog.messages.some((text) => text.includes('got SIGHUP')));
    await eventually(() => /the log is sent to .* again; \d+ lines are lost/.test(daemon.stderr));
  });

  it('is an error at the start where there is no such socket, and nothing is started', async () => {
    await using daemon = await Daemon.launch({ config: web('logoutput = syslog:///nonexistent/log\n') });
    expect(await daemon.ended).to.deep.include({ status: 1 });
    expect(daemon.stderr).to.include('cannot open log syslog:///nonexistent/log: cannot connect').and.include('ENOENT');
  });

  it('says that a facility is none, and uses user', async () => {
    await using syslog = await listenOnUdp();
    await using _ = await Daemon.launch({ config: web(`logoutput = syslog://127.0.0.1:${syslog.port}?nonsense\n`) });
    await eventually(() => syslog.messages.some((text) => /^<12>.*\[WARNING\] syslog has no facility nonsense/.test(text)));
  });

  (process.platform === 'linux' ? it : it.skip)('tells the journal of systemd how important a line is, and nobody else', async () => {
    const journal = 'exec 3>&1; exec env JOURNAL_STREAM="$(stat -L -c %d:%i /proc/self/fd/3)" "$0" "$@" 3>&-';
    await using told = await Daemon.start({ config: web('loglevel = debug\n'), under: ['sh', '-c', journal] });
    expect(told.stdout)
      .to.match(/^<6>\{"level":"info",.*"msg":"ready/m)
      .and.match(/^<7>\{"level":"debug",/m);
    expect(told.stdout).not.to.match(/^[^<]/m);
    await using other = await Daemon.start({ config: web(''), env: { JOURNAL_STREAM: '1:1' } });
    expect(other.stdout)
      .to.match(/^\{"level":"info",.*"msg":"ready/m)
      .and.not.match(/^</m);
  });

  it('opens its file again when somebody has moved it away, without a signal', async () => {
    const file = directory.at('log');
    const { log, close } = await openLog({ level: 'info', format: 'json', output: { kind: 'file', file }, terminal: false });
    log.info('one');
    await eventually(() => readFileSync(file, 'utf8').includes('one'));
    renameSync(file, `${file}.1`);
    await eventually(() => {
      log.info('two');
      return directory.read('log')?.includes('two');
    });
    await close();
    expect(readFileSync(`${file}.1`, 'utf8')).to.include('one');
  });

  it('goes on in the file that is open where nobody can look for the one of that name, and says so once', async () => {
    const folder = directory.at('folder');
    mkdirSync(folder);
    const { log, close } = await openLog({
      level: 'info',
      format: 'json',
      output: { kind: 'file', file: join(folder, 'log') },
      terminal: false,
    });
    renameSync(folder, `${folder}.1`);
    symlinkSync(folder, folder);
    const { write } = process.stderr;
    const said: string[] = [];
    process.stderr.write = (text) => said.push(String(text)) > 0;
    try {
      await eventually(() => {
        log.info('one');
        return said.length > 0;
      });
    } finally {
      process.stderr.write = write;
    }
    log.info('two');
    await close();
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/^cannot open log .*; the log goes on in the file that is open\n$/);
    expect(readFileSync(join(`${folder}.1`, 'log'), 'utf8')).to.include('two');
  });

  it('has functions that can be taken off it', async () => {
    const file = directory.at('log');
    const { log, close } = await openLog({ level: 'debug', format: 'json', output: { kind: 'file', file }, terminal: false });
    const { debug, info, warn, error, child } = log;
    for (const tell of [debug, info, warn, error, child({ plugin: 'mine' }).info]) tell('told');
    await close();
    expect(readFileSync(file, 'utf8').match(/"msg":"told"/g)).to.have.length(5);
  });

  it('is as a configuration of Python logging says, of the config or the command line', async () => {
    const python = (level: string, file: string): string =>
      `[logger_root]\nlevel=${level}\nhandlers=f\n[handler_f]\nclass=FileHandler\nargs=('${directory.at(file)}',)\n`;
    const named = directory.file('named.ini', python('DEBUG', 'a.log'));
    const given = directory.file('given.ini', python('INFO', 'b.log'));
    {
      await using _ = await Daemon.launch({ config: web(`loggerconfig = ${named}\nloglevel = error\nlogoutput = /nonexistent/x\n`) });
      await eventually(() => directory.read('a.log')?.includes('"level":"debug"') && directory.read('a.log')?.includes('ready: '));
    }
    await using _ = await Daemon.launch({ config: web(`loggerconfig = ${named}\n`), args: () => ['--logger-config', given] });
    await eventually(() => directory.read('b.log')?.includes('ready: '));
    expect(directory.read('b.log')).to.not.include('"level":"debug"');
  });

  it('ends the start where such a configuration is not there; default is none', async () => {
    await using daemon = await Daemon.launch({ config: web('loggerconfig = /nonexistent.ini\n') });
    expect(await daemon.ended).to.deep.include({ status: 1 });
    expect(daemon.stderr).to.include('cannot read /nonexistent.ini');
    await using _ = await Daemon.start({ config: web('loggerconfig = default\n') });
  });

  it('tells of deaths in one line: which process, how, and what follows', async () => {
    await using daemon = await Daemon.start({ config: web('') });
    const [pid = 0] = daemon.workers;
    process.kill(pid, 'SIGSEGV');
    await daemon.printed(`web: process ${pid} (wid 1) was ended by SIGSEGV; replaced`);
    await daemon.printed('web started');
    daemon.kill('SIGTERM');
    await daemon.gone();
    expect(daemon.stdout).to.include('web stopped');
    expect(daemon.stdout.match(/\(wid 1\)/g)).to.have.length(1);
  });

  it('has a daemon that is named after its config in a list of processes', async () => {
    await using daemon = await Daemon.start({ config: web('') });
    const title = (pid: number): string =>
      execFileSync('ps', ['-o', 'args=', '-p', String(pid)])
        .toString()
        .trim();
    expect(title(daemon.pid)).to.equal(`circusd: ${daemon.place.directory}/circus.ini`);
    expect((await runBin('main', ['list', '--endpoint', daemon.place.endpoint])).stdout).to.equal('web\n');
  });
});
