import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { completablePrograms } from '../../../core/cli/verbs.js';
import { StubDaemon } from '../../fixtures/cli/router.js';
import { binFile, runBin } from '../../fixtures/cli/run-bin.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

describe('completion scripts', () => {
  let directory: TemporaryDirectory;
  let daemon: StubDaemon;
  before(async () => {
    directory = new TemporaryDirectory();
    daemon = await StubDaemon.start({ list: () => ({ watchers: ['web', 'worker'] }) });
    for (const [name, bin] of [
      ['ringmaster', 'main'],
      ['circusctl', 'circusctl'],
    ] as const) {
      chmodSync(directory.file(name, `#!/bin/sh\nexec ${process.execPath} ${binFile(bin)} "$@"\n`), 0o755);
    }
    directory.file('script', (await runBin('main', ['completion', 'bash'])).stdout);
    directory.file('app.yaml', '');
  });
  after(async () => {
    await daemon[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  /** What bash offers for a line that ends where the cursor is. */
  const offers = async (line: string): Promise<readonly string[]> => {
    const words = line.split(' ');
    const script = `compopt() { :; }; source ./script; COMP_LINE=$1; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', line, ...words], {
      cwd: directory.path,
      env: {
        PATH: `${directory.path}${delimiter}${process.env.PATH}`,
        RINGMASTER_RUNTIME_DIR: '/nonexistent',
        RINGMASTER_ENDPOINT: daemon.endpoint,
      },
    });
    return stdout.split('\n').filter((word) => word !== '');
  };

  const cases: readonly [string, readonly string[]][] = [
    ['ringmaster reloadc', ['reloadconfig']],
    ['ringmaster --ver', ['--version']],
    ['ringmaster stop w', ['web', 'worker']],
    ['ringmaster stop --wai', ['--waiting']],
    ['ringmaster run --log-format p', ['pretty']],
    ['ringmaster run ap', ['app.yaml']],
    ['ringmaster completion ', ['bash', 'zsh']],
    ['ringmaster set web numpr', ['numprocesses']],
    ['ringmaster --endpoint ipc:///x set web --waiting priority 3 numpr', ['numprocesses']],
    ['ringmaster get web cmd max_age_', ['max_age_variance']],
    ['circusctl set web autos', ['autostart']],
    ['ringmaster set web numprocesses n', []],
    ['circusctl --json numw', ['numwatchers']],
    ['circusctl status we', ['web']],
    ['circusd ap', ['app.yaml']],
    ['circusd --log-level cri', ['critical']],
  ];
  for (const [line, hits] of cases) {
    it(`of bash offer ${hits.join(', ')} for "${line}"`, async () => {
      expect(await offers(line)).to.have.members(hits);
    });
  }

  it('of bash ask the daemon that the line names', async () => {
    await using other = await StubDaemon.start({ list: () => ({ watchers: ['elsewhere'] }) });
    expect(await offers(`circusctl --endpoint ${other.endpoint} stop `)).to.deep.equal(['elsewhere']);
  });

  it('of zsh name every program, verb and option', async () => {
    const { stdout, status } = await runBin('main', ['completion', 'zsh']);
    expect(status).to.equal(0);
    expect(stdout).to.match(/^#compdef ringmaster circusd circusctl circus-top\n/);
    for (const { name, verbs, options } of await completablePrograms()) {
      expect(stdout).to.include(`_ringmaster_program_${name}() {`);
      for (const verb of verbs) expect(stdout).to.include(`        ${verb.name}) _arguments `);
      for (const option of [...options, ...verbs.flatMap((verb) => verb.options)]) expect(stdout).to.include(`--${option.name}[`);
    }
  });
});
