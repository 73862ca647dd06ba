import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon, iniHead, openFds, type Place } from '../fixtures/daemon.js';
import { child } from '../fixtures/real.js';

/** What a row of the table is made with: the script that looks around, and a directory that everybody may write to. */
interface World {
  readonly script: string;
  readonly directory: string;
}

interface Row {
  readonly title: string;
  /** Lines of the section `[watcher:NAME]` without `cmd`, or with it. */
  readonly lines: (world: World) => readonly string[];
  /** What the process sees, by name; null: there is none of it. */
  readonly sees: (world: World) => Readonly<Record<string, string | RegExp | null>>;
  /** Lines of `[env:NAME]`. */
  readonly env?: (world: World) => readonly string[];
  readonly root?: true;
}

const ROOT = process.getuid?.() === 0;
const PATH = '/usr/local/bin:/usr/bin:/bin';
const NULL = '/dev/null';
const supplementary = (): string[] => /^Groups:\t([\d ]*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]?.match(/\d+/g) ?? [];
const python = (world: World): string => join(world.directory, 'venv/lib/python3.11/site-packages');

const ROWS: readonly Row[] = [
  {
    title: 'nothing asked for',
    lines: () => [],
    sees: ({ script }) => ({
      uid: String(process.getuid?.()),
      gid: String(process.getgid?.()),
      umask: '0022',
      nice: String(getPriority()),
      'env.PATH': PATH,
      'env.WORLD_OF_DAEMON': null,
      'env.HOME': null,
      fd0: NULL,
      argv: `/bin/sh|${script}|`,
    }),
  },
  { title: 'umask', lines: () => ['umask = 027'], sees: () => ({ umask: '0027' }) },
  { title: 'nice', lines: () => ['nice = 7'], sees: () => ({ nice: String(getPriority() + 7) }) },
  {
    title: 'limits, soft and hard alike',
    lines: () => ['rlimit_nofile = 100', 'rlimit_core = 0'],
    sees: () => ({ nofile: '100 100', core: '0 0' }),
  },
  ...(['', 'infinity', '-1'] as const).map(
    (text): Row => ({
      title: `no limit, as "${text}"`,
      lines: () => [`rlimit_core = ${text}`],
      sees: () => ({ core: 'unlimited unlimited' }),
      root: true,
    }),
  ),
  { title: 'as many open files as may be', lines: () => ['rlimit_nofile ='], sees: () => ({ nofile: /^(\d+) \1$/ }) },
  { title: 'working_dir', lines: () => ['working_dir = /usr/lib'], sees: () => ({ pwd: '/usr/lib' }) },
  {
    title: 'working_dir from a variable of the environment',
    lines: () => ['working_dir = $(circus.env.WORLD_DIR)'],
    env: () => ['WORLD_DIR = /usr/lib'],
    sees: () => ({ pwd: '/usr/lib' }),
  },
  {
    title: 'args as text, with variables',
    lines: () => ['args = one "two three" $(circus.wid) ((circus.env.world_name)) $(circus.numprocesses) $(circus.shell)'],
    env: () => ['WORLD_NAME = earth'],
    sees: ({ script }) => ({ argv: `/bin/sh|${script}|one|two three|1|earth|1|False|` }),
  },
  {
    title: 'executable, the command being the name that is shown',
    lines: ({ script }) => [`cmd = my-service ${script}`, 'executable = /bin/sh'],
    sees: ({ script }) => ({ argv: `my-service|${script}|` }),
  },
  {
    title: 'shell, each word being quoted, and shell_args',
    lines: ({ script }) => [`cmd = ${script} "b c" && $HOME`, 'shell = True', 'shell_args = x y'],
    sees: ({ script }) => ({ argv: `/bin/sh|${script}|b c|&&|$HOME|` }),
  },
  {
    title: 'copy_env, under its own environment',
    lines: () => ['copy_env = True'],
    env: () => ['WORLD_A = $WORLD_OF_DAEMON', 'HOME = /nowhere'],
    sees: () => ({ 'env.WORLD_OF_DAEMON': 'old', 'env.WORLD_A': 'old', 'env.HOME': '/nowhere' }),
  },
  {
    title: 'sections of an environment by pattern, the later one winning',
    lines: () => [],
    env: () => ['WORLD_EVERY = mine'],
    sees: () => ({ 'env.WORLD_EVERY': 'mine', 'env.WORLD_SOME': 'some' }),
  },
  {
    title: 'virtualenv',
    lines: ({ directory }) => ['copy_env = True', `virtualenv = ${directory}/venv`, 'virtualenv_py_ver = 3.11'],
    env: () => ['PYTHONPATH = /mine'],
    sees: (world) => ({
      'env.PATH': `${world.directory}/venv/bin:${PATH}`,
      'env.VIRTUAL_ENV': `${world.directory}/venv`,
      'env.PYTHONPATH': `${python(world)}/extra:/mine:${python(world)}`,
    }),
  },
  {
    title: 'close_child_stdout and close_child_stderr',
    lines: () => ['close_child_stdout = True', 'close_child_stderr = True'],
    sees: () => ({ fd0: NULL, fd1: NULL, fd2: NULL }),
  },
  {
    title: 'an output that is read',
    lines: ({ directory }) => [
      'stdout_stream.class = FileStream',
      `stdout_stream.filename = ${directory}/stream`,
      'close_child_stderr = 1',
    ],
    sees: () => ({ fd1: /^(?:pipe|socket):/, fd2: NULL }),
  },
  {
    title: 'standard input left open, which is that of the daemon',
    lines: () => ['close_child_stdin = False'],
    sees: () => ({ fd0: NULL }),
  },
  {
    title: 'a user, with its own group and groups',
    lines: () => ['uid = nobody'],
    sees: () => ({ uid: '65534', gid: '65534', groups: '65534' }),
    root: true,
  },
  {
    title: 'a user by number, whom nobody knows',
    lines: () => ['uid = 54321'],
    sees: () => ({ uid: '54321', gid: '54321', groups: '54321' }),
    root: true,
  },
  {
    title: 'a user in another group, which takes the place of its own',
    lines: () => ['uid = nobody', 'gid = daemon'],
    sees: () => ({ uid: '65534', gid: '1', groups: '1' }),
    root: true,
  },
  {
    title: 'a group alone, with the groups of the daemon',
    lines: () => ['gid = daemon'],
    sees: () => ({ uid: '0', gid: '1', groups: ['1', ...supplementary()].join(' ') }),
    root: true,
  },
  {
    title: 'all of it at once',
    lines: () => ['uid = nobody', 'umask = 077', 'nice = 3', 'rlimit_nofile = 50', 'working_dir = /usr'],
    sees: () => ({ uid: '65534', umask: '0077', nice: String(getPriority() + 3), nofile: '50 50', pwd: '/usr' }),
    root: true,
  },
];

const rows = ROWS.filter(({ root }) => ROOT || root !== true).map((row, at) => ({ ...row, name: `w${at}` }));

function makeWorld({ directory }: Place): World {
  chmodSync(directory, 0o755);
  const open = join(directory, 'open');
  mkdirSync(join(open, 'venv/bin'), { recursive: true });
  mkdirSync(join(open, 'venv/lib/python3.11/site-packages/extra'), { recursive: true });
  writeFileSync(join(open, 'venv/lib/python3.11/site-packages/more.pth'), 'extra\n');
  chmodSync(open, 0o777);
  const script = join(open, 'world.sh');
  copyFileSync(child('world.sh'), script);
  chmodSync(script, 0o755);
  return { script, directory: open };
}

function ini(place: Place): string {
  const world = makeWorld(place);
  const sections = rows.map(({ name, lines, env }) => {
    const own = lines(world);
    const cmd = own.some((line) => line.startsWith('cmd')) ? [] : [`cmd = ${world.script}`];
    return [`[watcher:${name}]`, ...cmd, ...own, `[env:${name}]`, `OUT = ${world.directory}/${name}.out`, ...(env?.(world) ?? [])].join(
      '\n',
    );
  });
  const shared = `[env]\nPATH = ${PATH}\n[env:w*]\nWORLD_EVERY = every\nWORLD_SOME = some\n`;
  return `${iniHead(place)}umask = 022\n${shared}${sections.join('\n')}\n`;
}

/** Its script writes to a file at first. */
function onlyOfSleep(fds: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  return Object.values(fds).some((target) => target.includes('/open/')) ? undefined : fds;
}

function seen(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
}

for (const form of ['native', 'portable']) {
  describe(`what a process finds itself in, ${form}`, () => {
    let daemon: Daemon;
    let world: World;
    before(async () => {
      daemon = await Daemon.start({ config: ini, env: { RINGMASTER_OS: form, WORLD_OF_DAEMON: 'old' } });
      world = { script: join(daemon.place.directory, 'open/world.sh'), directory: join(daemon.place.directory, 'open') };
    });
    after(() => daemon[Symbol.asyncDispose]());

    for (const { title, name, sees } of rows) {
      it(title, async () => {
        const read = (): string => readFileSync(join(world.directory, `${name}.out`), 'utf8');
        const found = seen(await eventually(read, { what: `${name} to look around\n${daemon.said}` }));
        // What the daemon's own parent left open, Node can't close in its children.
        const fds = await eventually(() => onlyOfSleep(openFds(Number(found.pid))), { what: 'the process to have no file open' });
        if (form === 'native') expect(Object.keys(fds)).to.deep.equal(['0', '1', '2']);
        for (const [fd, target] of Object.entries(fds)) found[`fd${fd}`] = target;
        for (const [what, wanted] of Object.entries(sees(world))) {
          if (wanted === null) expect(found, what).not.to.have.property(what);
          else if (typeof wanted === 'string') expect(found[what], what).to.equal(wanted);
          else expect(found[what], what).to.match(wanted);
        }
      });
    }

    it('set at run time', async () => {
      const client = daemon.client();
      const out = join(world.directory, 'w0.out');
      const before = seen(readFileSync(out, 'utf8'));
      await client.call('set', { name: 'w0', options: { nice: 5, umask: '077' }, waiting: true });
      const after = await eventually(
        () => {
          const now = seen(readFileSync(out, 'utf8'));
          return now.umask === before.umask ? undefined : now;
        },
        { what: 'the new process to look around' },
      );
      expect([after.umask, after.nice]).to.deep.equal(['0077', String(getPriority() + 5)]);
    });
  });
}
