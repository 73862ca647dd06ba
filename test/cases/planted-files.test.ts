import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPidfile } from '../../core/cli/pidfile.js';
import { openLog } from '../../core/cli/pino-log.js';
import { loadConfig, openTrusted, Supervisor, trustedPath } from '../../core/index.js';
import { takeStateDirectory } from '../../core/os/posix/state-directory.js';
import { eventually, rejects } from '../../core/testing.js';
import { chooseEndpoint } from '../../plugins/control/cli/endpoint.js';
import { prepareRuntimeDir } from '../../plugins/control/endpoints.js';
import { TemporaryDirectory } from '../fixtures/cli/temporary.js';
import { openHost } from '../fixtures/control/host.js';
import { Real } from '../fixtures/real.js';
import { asStranger, IS_ROOT, SharedDirectory, STRANGER_UID } from '../fixtures/stranger.js';
import { LogRig } from '../plugins/logs/kit.js';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const SECRET = 'root:secret\n';
const EVERYBODY = 'in a directory that everybody may write to';

function append(file: string): void {
  const fd = openTrusted(file, APPEND);
  writeSync(fd, 'x\n');
  closeSync(fd);
}

describe('what a stranger has left in a shared directory', () => {
  let own: TemporaryDirectory;
  let shared: SharedDirectory;
  beforeEach(() => {
    own = new TemporaryDirectory();
    own.file('victim', SECRET);
    shared = new SharedDirectory();
  });
  afterEach(() => {
    expect(own.read('victim')).to.equal(SECRET);
    own[Symbol.dispose]();
    shared[Symbol.dispose]();
  });
  const test = IS_ROOT ? it : it.skip;

  /** What is planted at `x`, by whom, and what is said of it. */
  const planted: readonly (readonly [what: string, plant: () => void | Promise<void>, said: string])[] = [
    [
      'a link to a file of ours',
      () => shared.planted(`ln -s ${own.at('victim')} x`),
      `a symbolic link of uid ${STRANGER_UID}, ${EVERYBODY}`,
    ],
    ['a link to nothing', () => shared.planted(`ln -s ${own.at('new')} x`), 'a symbolic link of'],
    ['a file', () => shared.planted('echo 1 > x'), 'a file of'],
    ['a named pipe', () => shared.planted('mkfifo x'), 'a named pipe of'],
    // What a kernel without fs.protected_hardlinks lets anybody do.
    ['a second name of a file of ours', () => linkSync(own.at('victim'), shared.at('x')), 'another name of a file elsewhere'],
  ];
  for (const [what, plant, said] of planted) {
    test(`is no log file: ${what}`, async () => {
      await plant();
      expect(() => append(shared.at('x')))
        .to.throw(`${shared.at('x')} is ${said}`)
        .with.property('code', 'EACCES');
      const output = { kind: 'file', file: shared.at('x') } as const;
      const error = await rejects(openLog({ level: 'info', format: 'json', output, terminal: false }), 'RM_LOG_OPEN');
      expect(error.message).to.include(said);
      expect(existsSync(own.at('new'))).to.equal(false);
    });
  }

  test('is no log file in a directory of its own, nor on the way through one', async () => {
    await shared.planted(`mkdir app && touch app/web.log && ln -s ${own.path} way`);
    expect(() => append(shared.at('app/web.log'))).to.throw(`${shared.at('app')} is a directory of uid`);
    expect(() => append(shared.at('way/web.log'))).to.throw(`${shared.at('way')} is a symbolic link of uid`);
    symlinkSync(shared.at('way'), own.at('logs'));
    expect(() => append(own.at('logs/web.log'))).to.throw(`${shared.at('way')} is a symbolic link of uid`);
    expect(readdirSync(own.path)).to.have.members(['victim', 'logs']);
  });

  test('is no file of variables, which would decide what code a process loads', async () => {
    await shared.planted('echo LD_PRELOAD=/evil.so > web.env');
    await using real = await Real.start(() => ({
      watchers: { web: { cmd: 'sleep 60', max_retry: 1, env_file: shared.at('web.env') } },
    }));
    const [failed] = await eventually(() => {
      const found = real.record.events.filter(({ name }) => name === 'spawn_failed');
      return found.length > 0 ? found : undefined;
    });
    expect(failed?.body).to.have.property('error').that.includes(`a file of uid ${STRANGER_UID}, ${EVERYBODY}`);
  });

  test('is no output of processes, which then run without, or not at all where they would write it themselves', async () => {
    await shared.planted(`ln -s ${own.at('victim')} x`);
    const filename = shared.at('x');
    const script = ['-e', 'console.log("hello"); setInterval(() => {}, 1000)'];
    await using rig = await LogRig.start(() => ({
      read: { args: script, stdout: { type: 'file', filename } },
      direct: { args: script, max_retry: 1, stdout: { type: 'file', filename, direct: true } },
    }));
    await eventually(() => rig.events('output_lost').length > 0 && rig.events('spawn_failed').length > 0, { what: 'both events' });
    for (const { body } of [...rig.events('output_lost'), ...rig.events('spawn_failed')]) {
      expect(body).to.have.property('error').that.includes('a symbolic link of uid');
    }
    expect(rig.watcher('read').status).to.equal('active');
  });

  test('does not become the log of a daemon that opens it again', async () => {
    const file = shared.at('daemon.log');
    const log = await openLog({ level: 'info', format: 'json', output: { kind: 'file', file }, terminal: false });
    const said: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = (text: string | Uint8Array): boolean => said.push(String(text)) > 0;
    try {
      renameSync(file, shared.at('old.log'));
      await shared.planted(`ln -s ${own.at('victim')} daemon.log`);
      log.reopen();
      log.reopen();
      log.log.info('still here');
    } finally {
      process.stderr.write = write;
    }
    await log.close();
    expect(said.join('')).to.match(
      /^cannot open log .*daemon\.log: .* is a symbolic link of uid \d+.*; the log goes on in the file that is open\n$/,
    );
    expect(readFileSync(shared.at('old.log'), 'utf8')).to.include('still here');
  });

  for (const [what, plant, said] of planted.filter(([what]) => !what.includes('second name'))) {
    test(`is no pidfile: ${what}`, async () => {
      await plant();
      expect(() => createPidfile(shared.at('x')))
        .to.throw(said)
        .with.property('code', 'RM_PIDFILE_WRITE');
    });
  }

  test('is not written through by the draft of a pidfile', async () => {
    await shared.planted(`for n in x.${process.pid} .x x.tmp x.new; do ln -s ${own.at('victim')} $n; done`);
    using _pidfile = createPidfile(shared.at('x'));
    expect(readFileSync(shared.at('x'), 'utf8')).to.equal(`${process.pid}\n`);
    expect(statSync(shared.at('x')).mode & 0o777).to.equal(0o644);
  });

  test('is a config only with a warning', async () => {
    await shared.planted('echo "watchers: {}" > x.yaml');
    const { problems } = await loadConfig(shared.at('x.yaml'), { host: true });
    expect(problems.map(({ severity, message }) => [severity, message])).to.deep.equal([
      ['warning', `lets a stranger decide what runs: ${shared.at('x.yaml')} is a file of uid ${STRANGER_UID}, ${EVERYBODY}`],
    ]);
    const open = own.file('open.yaml', 'watchers: {}\n');
    expect((await loadConfig(open, { host: true })).problems).to.deep.equal([]);
    chmodSync(open, 0o666);
    const [problem] = (await loadConfig(open, { host: true })).problems;
    expect(problem).to.include({ severity: 'warning', message: `lets everybody decide what runs: ${open} has mode 666` });
  });

  test('is no directory of sockets, neither for daemons nor for clients', async () => {
    await shared.planted('mkdir -m 700 run && mkdir app');
    expect(() => prepareRuntimeDir(shared.at('run'))).to.throw(`the directory belongs to uid ${STRANGER_UID}`);
    expect(() => prepareRuntimeDir(shared.at('app/run'))).to.throw(`${shared.at('app')} is a directory of uid ${STRANGER_UID}`);
    expect((await rejects(openHost({ endpoint: `ipc://${shared.at('app/c.sock')}` }), 'RM_ENDPOINT_BIND')).message).to.include(
      `${shared.at('app')} is a directory of uid`,
    );
    const supervisor = new Supervisor({ watchers: {}, sockets: { web: { path: shared.at('app/web.sock') } } });
    expect((await rejects(supervisor.start(), 'RM_SOCKET_OPEN')).message).to.include(`${shared.at('app')} is a directory of uid`);
    await supervisor.stop();
    await using pages = new Supervisor({ watchers: {}, plugins: { http: { socket: shared.at('app/http.sock') } } });
    expect((await rejects(pages.start(), 'RM_PLUGIN_FAILED')).cause)
      .to.have.property('message')
      .that.includes(`${shared.at('app')} is a directory of uid`);
    for (const name of ['run', 'app']) expect(readdirSync(shared.at(name))).to.deep.equal([]);

    await shared.planted('mkdir ringmaster && touch ringmaster/control.sock');
    // As where a stranger guesses the name that a user's own directory would have.
    expect(() => chooseEndpoint(undefined, [], { XDG_RUNTIME_DIR: shared.path }, false, 4242))
      .to.throw('ringmaster is a directory of uid')
      .with.property('code', 'RM_CLIENT_REFUSED');
  });

  test('is no directory of notify sockets, once that of the daemon is gone', async () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = shared.path;
    const notify = (): string[] => readdirSync(shared.path).filter((name) => name.startsWith('ringmaster-notify-'));
    try {
      await using real = await Real.start(() => ({
        watchers: { web: { cmd: 'sleep 60', plugins: { watchdog: { notify: true } } } },
        plugins: { watchdog: { port: null } },
      }));
      const [name = ''] = await eventually(() => (notify().length > 0 ? notify() : undefined));
      rmSync(shared.at(name), { recursive: true });
      await shared.planted(`ln -s ${own.path} ${name}`);
      const mode = statSync(own.path).mode;
      await real.watcher().restart();
      expect(statSync(own.path).mode).to.equal(mode);
      expect(readdirSync(own.path)).to.deep.equal(['victim']);
      expect(real.record.names('web')).to.include('spawn');
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  test('is no socket that a client talks to, though it was named', async () => {
    const listening = `import socket; socket.socket(socket.AF_UNIX).bind('${shared.at('c.sock')}')`;
    expect((await asStranger('/usr/bin/python3', '-c', listening)).status).to.equal(0);
    const endpoint = `ipc://${shared.at('c.sock')}`;
    for (const [given, env] of [
      [endpoint, {}],
      [undefined, { RINGMASTER_ENDPOINT: endpoint }],
    ] as const) {
      expect(() => chooseEndpoint(given, ['RINGMASTER_ENDPOINT'], env))
        .to.throw(`c.sock is a socket of uid ${STRANGER_UID}, ${EVERYBODY}`)
        .with.property('code', 'RM_CLIENT_REFUSED');
    }
    // On another machine it is another directory.
    expect(chooseEndpoint(endpoint, [], {}, true)).to.deep.equal({ endpoint });
    await using host = await openHost({ endpoint: `ipc://${shared.at('own.sock')}` });
    expect(chooseEndpoint(host.endpoint, [], {})).to.deep.equal({ endpoint: host.endpoint });
  });

  test('is no state directory, nor a way to one', async () => {
    await shared.planted(`mkdir -m 700 state && ln -s ${own.path} way`);
    expect(() => takeStateDirectory(shared.at('state')))
      .to.throw(`${shared.at('state')} is a directory of uid`)
      .with.property('code', 'RM_STATE_DIR');
    expect(() => takeStateDirectory(shared.at('way/state'))).to.throw(`${shared.at('way')} is a symbolic link of uid`);
    expect(readdirSync(own.path)).to.deep.equal(['victim']);
    takeStateDirectory(shared.at('mine')).close();
    expect(statSync(shared.at('mine')).mode & 0o777).to.equal(0o700);
  });

  test('takes no socket from its place, nor connects to one', async () => {
    await using host = await openHost({ endpoint: `ipc://${shared.at('c.sock')}`, pubsub_endpoint: `ipc://${shared.at('e.sock')}` });
    const stolen = await asStranger('sh', '-c', `cd ${shared.path} && { mv c.sock d.sock; rm -f e.sock; ln -sf /dev/null e.sock; }`);
    expect(stolen.stderr).to.include('not permitted');
    const connect = `import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])`;
    for (const endpoint of [host.endpoint, host.pubsub_endpoint]) {
      const { status, stderr } = await asStranger('/usr/bin/python3', '-c', connect, endpoint.slice('ipc://'.length));
      expect(status).to.equal(1);
      expect(stderr).to.include('PermissionError');
    }
    for (const name of ['c.sock', 'e.sock']) expect(lstatSync(shared.at(name)).mode & 0o777).to.equal(0o600);
  });
});

describe('files and links of ones own', () => {
  let own: TemporaryDirectory;
  let shared: SharedDirectory;
  beforeEach(() => {
    own = new TemporaryDirectory();
    shared = new SharedDirectory();
  });
  afterEach(() => {
    own[Symbol.dispose]();
    shared[Symbol.dispose]();
  });

  it('are used wherever they are: logs that leads elsewhere, a link in a shared directory, a file, a pipe', () => {
    mkdirSync(own.at('var'));
    symlinkSync('var', own.at('logs'));
    append(own.at('logs/a.log'));
    expect(readFileSync(own.at('var/a.log'), 'utf8')).to.equal('x\n');
    symlinkSync(own.at('logs/../logs/a.log'), shared.at('a.log'));
    append(shared.at('a.log'));
    expect(readFileSync(own.at('var/a.log'), 'utf8')).to.equal('x\nx\n');
    symlinkSync(own.at('var/b.log'), shared.at('b.log'));
    append(shared.at('b.log'));
    expect(readFileSync(own.at('var/b.log'), 'utf8')).to.equal('x\n');
    append(shared.at('c.log'));
    append(shared.at('c.log'));
    expect(readFileSync(shared.at('c.log'), 'utf8')).to.equal('x\nx\n');
  });

  it('may have a second name where nobody else can have made it', () => {
    writeFileSync(own.at('a.log'), '');
    linkSync(own.at('a.log'), own.at('b.log'));
    append(own.at('b.log'));
    expect(own.read('a.log')).to.equal('x\n');
  });

  it('have the mode that umask leaves', () => {
    const before = process.umask(0o027);
    append(own.at('a.log'));
    process.umask(before);
    expect(statSync(own.at('a.log')).mode & 0o777).to.equal(0o640);
  });

  it('may be what the kernel has no name for', () => {
    expect(() => append('/dev/null')).to.not.throw();
    expect(trustedPath('/proc/self/fd/1').path).to.equal('/proc/self/fd/1');
    if (process.platform === 'linux') closeSync(openTrusted('/dev/fd/2', constants.O_WRONLY));
  });

  it('lead nowhere in a ring, and say so', () => {
    symlinkSync(own.at('b'), own.at('a'));
    symlinkSync(own.at('a'), own.at('b'));
    expect(() => append(own.at('a')))
      .to.throw('leads through too many links')
      .with.property('code', 'ELOOP');
    expect(() => append(own.at('no/way'))).to.throw('ENOENT');
  });

  it('are the pidfile that a link of ones own leads to', () => {
    chmodSync(own.path, 0o755);
    symlinkSync(own.at('pid'), join(shared.path, 'pid'));
    using _pidfile = createPidfile(shared.at('pid'));
    expect(own.read('pid')).to.equal(`${process.pid}\n`);
  });
});
