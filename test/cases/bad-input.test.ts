import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Daemon, type DaemonOptions, iniHead, type Place, sleepers } from '../fixtures/daemon.js';

interface BadCase extends DaemonOptions {
  readonly title: string;
  readonly status: 1 | 78;
  /** Lines of standard error, in order and no others; `FILE` is the config file. */
  readonly stderr: readonly RegExp[];
}

const yamlHead = ({ endpoint, pubsub_endpoint }: Place): string => `endpoint: ${endpoint}\npubsub_endpoint: ${pubsub_endpoint}\n`;
/** A watcher that must not be started. */
const worker = ({ marker }: Place): string => `watchers:\n  web: {cmd: sleep ${marker}}\n`;
const total = (count: string): RegExp => new RegExp(`^circusd: FILE has ${count}; nothing was started$`);

const CASES: readonly BadCase[] = [
  {
    title: 'unknown keys',
    file: 'a.yaml',
    config: (place) => `${worker(place).trimEnd().replace('}', ', numproceses: 2}')}\nwatcher: {}\n`,
    status: 78,
    stderr: [
      /^FILE:2:\d+: error: watchers\.web\.numproceses .*did you mean numprocesses\?/,
      /^FILE:3:1: error: watcher .*watchers/,
      total('2 errors'),
    ],
  },
  {
    title: 'wrong types',
    file: 'a.json',
    config: () => '{"check_delay": true,\n "watchers": {"web": {"cmd": "sleep 1",\n "numprocesses": "two"}}}',
    status: 78,
    stderr: [
      /^FILE:1:\d+: error: check_delay must be .*got true/,
      /^FILE:3:\d+: error: watchers\.web\.numprocesses .*got "two"/,
      total('2 errors'),
    ],
  },
  {
    title: 'a missing command',
    config: (place) => `${iniHead(place)}[watcher:web]\nnumprocesses = 2\n`,
    status: 78,
    stderr: [/^FILE:4:1: error: watchers\.web\.cmd is missing/, total('1 error')],
  },
  {
    title: 'an include that can not be read',
    config: (place) => {
      mkdirSync(join(place.directory, 'more.ini'));
      return `${iniHead(place)}include = more.ini\n[watcher:web]\ncmd = sleep ${place.marker}\n`;
    },
    status: 78,
    stderr: [/^FILE:4:1: error: include cannot read .*more\.ini: it is a directory/, total('1 error')],
  },
  {
    title: 'five errors in two files of an ini',
    config: (place) => {
      writeFileSync(join(place.directory, 'jobs.ini'), '[watcher:jobs]\ncmd = jobs\nsingleton = maybe\npriority = high\n');
      return `${iniHead(place)}include = jobs.ini\ncheck_delay = often\n[watcher:web]\ncmd = node "server.js\nnumprocesses = three\n`;
    },
    status: 78,
    stderr: [
      /^FILE:5:1: error: check_delay .*got "often"/,
      /^FILE:7:1: error: watchers\.web\.cmd .*got/,
      /^FILE:8:1: error: watchers\.web\.numprocesses .*got "three"/,
      /^.*jobs\.ini:3:1: error: watchers\.jobs\.singleton .*got "maybe"/,
      /^.*jobs\.ini:4:1: error: watchers\.jobs\.priority .*got "high"/,
      total('5 errors'),
    ],
  },
  {
    title: 'what is not YAML',
    file: 'a.yaml',
    config: () => 'watchers: "x\n',
    status: 78,
    stderr: [/^FILE:\d+:\d+: error: is not YAML/, total('1 error')],
  },
  {
    title: 'what is not TOML',
    file: 'a.toml',
    config: () => '[watchers.web\n',
    status: 78,
    stderr: [/^FILE:1:14: error: is not TOML/, total('1 error')],
  },
  {
    title: 'what is not JSON',
    file: 'a.json',
    config: () => '{"watchers": }',
    status: 78,
    stderr: [/^FILE:1:14: error: is not JSON/, total('1 error')],
  },
  {
    title: 'an address that is not one of this machine',
    file: 'a.yaml',
    config: (place) => `allow_remote: true\n${yamlHead(place).replace(place.endpoint, 'tcp://192.0.2.1:5555')}${worker(place)}`,
    status: 1,
    stderr: [/^circusd: .*cannot listen on tcp:\/\/192\.0\.2\.1:5555: .*no such address/],
  },
  {
    title: 'an endpoint in a directory that there is not',
    file: 'a.yaml',
    config: (place) => yamlHead(place).replace('control.sock', 'nowhere/control.sock') + worker(place),
    status: 1,
    stderr: [/^circusd: .*cannot listen on ipc:.*nowhere\/control\.sock: .*no such directory/],
  },
  {
    title: 'an endpoint in a directory that nobody may write to',
    file: 'a.yaml',
    config: (place) => yamlHead(place).replace(place.endpoint, 'ipc:///sys/kernel/control.sock') + worker(place),
    status: 1,
    stderr: [/^circusd: .*cannot listen on ipc:\/\/\/sys\/kernel\/control\.sock: .*(permi|not allowed)/i],
  },
  {
    title: 'a plugin that does not exist',
    file: 'a.yaml',
    config: (place) => `${yamlHead(place)}${worker(place)}plugins: {flaping: {}}\n`,
    status: 78,
    stderr: [/^FILE:5:\d+: error: plugins\.flaping .*cannot load plugin "flaping"/, total('1 error')],
  },
  {
    title: 'a plugin that throws',
    file: 'a.yaml',
    config: (place) => {
      const plugin = `export default { name: 'bang', summary: 'x', schema: { type: 'object', properties: {} }, setup() { throw new Error('no fuse'); } };`;
      writeFileSync(join(place.directory, 'bang.mjs'), plugin);
      return `${yamlHead(place)}${worker(place)}plugins: {./bang.mjs: {}}\n`;
    },
    status: 1,
    stderr: [/^circusd: plugin "bang" failed in setup: no fuse/],
  },
];

/** What a daemon that refuses to start says, line by line. */
async function refused(options: DaemonOptions): Promise<{ readonly status: number | null; readonly lines: readonly string[] }> {
  await using daemon = await Daemon.launch(options);
  const { status } = await daemon.gone();
  expect(daemon.stdout, daemon.said).not.to.match(/"msg":"ready|Error:/);
  const file = join(daemon.place.directory, options.file ?? 'circus.ini');
  return { status, lines: daemon.stderr.trimEnd().replaceAll(file, 'FILE').split('\n') };
}

function expectLines(lines: readonly string[], patterns: readonly RegExp[]): void {
  for (const [index, pattern] of patterns.entries()) expect(lines[index], lines.join('\n')).to.match(pattern);
}

describe('a daemon with bad input starts nothing and says why', () => {
  for (const { title, status, stderr, ...options } of CASES) {
    it(`${title}: status ${status}`, async () => {
      const end = await refused(options);
      expectLines(end.lines, stderr);
      expect(end.status).to.equal(status);
      expect(end.lines, end.lines.join('\n')).to.have.length(stderr.length);
    });
  }

  it('an endpoint in use: status 1, and who holds it', async () => {
    await using first = await Daemon.start(sleepers(1));
    const { lines, status } = await refused({
      config: (place) => `${iniHead({ ...place, endpoint: first.place.endpoint })}[watcher:web]\ncmd = sleep ${place.marker}\n`,
    });
    expectLines(lines, [new RegExp(`^circusd: .*cannot listen on ${first.place.endpoint}: .*held by pid ${first.pid} \\(`)]);
    expect([lines.length, status]).to.deep.equal([1, 1]);
    expect((await first.client().call('numprocesses')).numprocesses).to.equal(1);
  });

  it('a TCP endpoint in use: status 1, and who holds it', async () => {
    const { server, port } = await listening();
    try {
      const endpoint = `tcp://127.0.0.1:${port}`;
      const { lines, status } = await refused({
        config: (place) => `${iniHead({ ...place, endpoint })}[watcher:web]\ncmd = sleep ${place.marker}\n`,
      });
      expectLines(lines, [new RegExp(`^circusd: .*cannot listen on ${endpoint}: .*held by pid ${process.pid} \\(`)]);
      expect([lines.length, status]).to.deep.equal([1, 1]);
    } finally {
      server.close();
    }
  });

  it('a pidfile of a live process: status 1, and which', async () => {
    const { lines, status } = await refused({
      ...sleepers(1),
      args: ({ directory }) => {
        writeFileSync(join(directory, 'held.pid'), `${process.pid}\n`);
        return ['--pidfile', join(directory, 'held.pid')];
      },
    });
    expectLines(lines, [new RegExp(`^circusd: cannot use pidfile .*held\\.pid: it names process ${process.pid}, which is running`)]);
    expect([lines.length, status]).to.deep.equal([1, 1]);
  });
});

function listening(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}
