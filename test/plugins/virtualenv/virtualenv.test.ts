import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Rig, web } from '../../fixtures/rig.js';

describe('virtualenv', () => {
  let venv: string;
  beforeEach(async () => {
    venv = await mkdtemp(join(tmpdir(), 'ringmaster-venv-'));
    await mkdir(join(venv, 'bin'));
    await mkdir(join(venv, 'lib/python3.11/site-packages/extra'), { recursive: true });
    await writeFile(join(venv, 'lib/python3.11/site-packages/more.pth'), '# comment\nimport site\nextra\nnot-there\n');
  });
  afterEach(() => rm(venv, { recursive: true }));

  it('puts its programs first in PATH and its packages in PYTHONPATH', async () => {
    await using rig = await Rig.start(web({ virtualenv: venv, copy_env: true, env: { PATH: '/usr/bin', PYTHONPATH: '/mine' } }));
    const site = join(venv, 'lib/python3.11/site-packages');
    expect(rig.os.of('spawn')[0]?.request.env).to.include({
      PATH: `${venv}/bin:/usr/bin`,
      VIRTUAL_ENV: venv,
      PYTHONPATH: `${site}/extra:/mine:${site}`,
    });
  });

  const wrong: readonly [string, () => object, RegExp][] = [
    ['without copy_env', () => ({ virtualenv: venv }), /copy_env/],
    ['that is not there', () => ({ virtualenv: '/no/such', copy_env: true }), /no directory \/no\/such\/lib/],
    ['of another version', () => ({ virtualenv: venv, virtualenv_py_ver: '2.7', copy_env: true }), /python2\.7; set virtualenv_py_ver/],
  ];
  for (const [title, options, message] of wrong) {
    it(`says what is wrong with one ${title}`, async () => {
      await using rig = await Rig.start(web({ ...options(), max_retry: 1 }));
      expect(rig.record.events.find((event) => event.name === 'spawn_failed')?.body)
        .to.have.property('error')
        .that.matches(message);
      expect(rig.watcher().status).to.equal('stopped');
    });
  }
});
