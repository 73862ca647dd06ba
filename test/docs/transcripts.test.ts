import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { splitWords } from '../../core/shell-words.js';
import { eventually } from '../../core/testing.js';
import { type Bin, binFile } from '../fixtures/cli/run-bin.js';
import { Daemon } from '../fixtures/daemon.js';
import { freePort } from '../fixtures/free-port.js';
import { type Block, guideBlocks, guidePages, placeOf, ROOT } from './blocks.js';
import { matches, modeOf, type Step, stepsOf } from './transcript.js';

const PROGRAMS: Readonly<Record<string, Bin>> = {
  ringmaster: 'main',
  circusd: 'circusd',
  circusctl: 'circusctl',
  'circus-top': 'circus-top',
};
const DEADLINE_MS = 20_000;
/** What a page calls the directory that its commands run in. */
const HERE = '/srv/app';

/** What a page's commands run in: a copy of its example, or the named blocks of a guide, with ports of its own. */
class Workspace {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  daemon: Daemon | undefined;
  readonly #ports: ReadonlyMap<string, string>;

  private constructor(directory: string, ports: ReadonlyMap<string, string>) {
    this.directory = directory;
    this.#ports = ports;
    const circus = ports.get('5555');
    this.env = {
      PATH: `${directory}/.bin:${process.env.PATH}`,
      RINGMASTER_RUNTIME_DIR: join(directory, '.run'),
      ...(circus !== undefined && { CIRCUSCTL_ENDPOINT: `tcp://127.0.0.1:${circus}` }),
    };
  }

  static async make(page: string, blocks: readonly Block[]): Promise<Workspace> {
    const directory = await mkdtemp(join(tmpdir(), 'rm-docs-'));
    if (page.startsWith('examples/')) await cp(join(ROOT, dirname(page)), directory, { recursive: true });
    for (const { name, text } of blocks) if (name !== undefined) await writeFile(join(directory, name), text);
    const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const named = [...texts, ...blocks.map(({ text }) => text)].flatMap((text) => [
      ...text.matchAll(/(?:127\.0\.0\.1:|localhost:|\bport ?[:=] ?)(\d{4,5})\b/g),
    ]);
    const ports = new Map<string, string>();
    for (const [, port = ''] of named) if (!ports.has(port)) ports.set(port, String(await freePort()));
    const workspace = new Workspace(directory, ports);
    await Promise.all(files.map((file, at) => writeFile(file, workspace.withPorts(texts[at] ?? ''))));
    await mkdir(join(directory, '.bin'));
    for (const [name, bin] of Object.entries(PROGRAMS)) {
      const file = join(directory, '.bin', name);
      await writeFile(file, `#!/bin/sh\nexec ${process.execPath} ${binFile(bin)} "$@"\n`);
      await chmod(file, 0o755);
    }
    return workspace;
  }

  withPorts(text: string): string {
    return text.replaceAll(/\b\d{4,5}\b/g, (port) => this.#ports.get(port) ?? port);
  }

  async start(command: string): Promise<void> {
    await this.stop();
    const split = splitWords(this.withPorts(command));
    if ('error' in split) throw new Error(split.error);
    const [program = '', ...words] = split.words;
    const bin = PROGRAMS[program];
    if (bin === undefined) throw new Error(`${program} is no program of ours`);
    this.daemon = await Daemon.program([binFile(bin), ...words], this.env, this.directory);
    await this.daemon.printed('ready: ');
  }

  /** What a command prints on both outputs, as on a terminal. */
  print(command: string): Promise<string> {
    const { RINGMASTER_ENDPOINT: _, CIRCUSCTL_ENDPOINT: __, ...env } = process.env;
    const options = { cwd: this.directory, env: { ...env, ...this.env }, timeout: DEADLINE_MS };
    return new Promise((done) => {
      execFile('sh', ['-c', `exec 2>&1\n${this.withPorts(command)}`], options, (_error, stdout) => {
        done(stdout.replaceAll(this.directory, HERE));
      });
    });
  }

  async check(step: Step): Promise<void> {
    const printed = await this.print(step.command);
    if (!matches(step.expected, printed)) {
      const said = `${step.command}\n--- printed\n${printed}--- expected\n${step.expected.join('\n')}\n--- the daemon\n${this.daemon?.said.slice(-600)}`;
      throw new Error(said);
    }
  }

  async stop(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon === undefined) return;
    if (daemon.child.exitCode === null) daemon.kill('SIGTERM');
    await Promise.race([daemon.ended, new Promise((late) => setTimeout(late, DEADLINE_MS).unref())]);
    await daemon[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

for (const page of guidePages()) {
  const blocks = guideBlocks().filter((block) => block.page === page);
  if (blocks.some((block) => modeOf(block) !== null)) transcriptsOf(page, blocks);
}

function transcriptsOf(page: string, blocks: readonly Block[]): void {
  describe(`what ${page} shows`, function () {
    this.timeout(3 * DEADLINE_MS);
    let workspace: Workspace;
    before(async () => {
      workspace = await Workspace.make(page, blocks);
    });
    after(() => workspace[Symbol.asyncDispose]());

    for (const block of blocks) {
      const mode = modeOf(block);
      if (mode === null) continue;
      const steps = stepsOf(block);
      it(`${placeOf(block)}: ${steps.map(({ command }) => command).join('; ')} ${mode === 'daemon' ? 'starts' : 'prints that'}`, async () => {
        for (const [at, step] of steps.entries()) {
          if (mode === 'daemon' && at === steps.length - 1) await workspace.start(step.command);
          else if (mode === 'eventually') await eventually(() => workspace.check(step).then(() => true), { deadline_ms: DEADLINE_MS });
          else await workspace.check(step);
        }
      });
    }
  });
}

describe('transcripts', () => {
  it('are compared but for what differs from run to run', () => {
    expect(matches(['web   pid 4711', '...', 'n: 4'], 'web pid 17\nmore\nand more\nn: 4\n')).to.equal(false);
    expect(matches(['web   pid 4711', '...', 'n: 4'], 'web pid 175\nmore\nand more\nn: 4\n')).to.equal(true);
    expect(matches(['n: 4'], 'n: 5\n')).to.equal(false);
    expect(matches(['took … ms'], 'took 1.5 ms\n')).to.equal(true);
    expect(matches([], '')).to.equal(true);
    expect(matches([], 'something\n')).to.equal(false);
  });
});
