import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Surroundings } from '../../core/surroundings.js';

const NAME = 'RINGMASTER_TEST_SURROUNDINGS';
const parts = { copy_env: true, own: {}, common: {} };

describe('what processes take over from the daemon', () => {
  let round: number;
  let surroundings: Surroundings;
  const turns = {
    get round() {
      return round;
    },
  };
  beforeEach(() => {
    round = 0;
    surroundings = new Surroundings(turns);
  });
  afterEach(() => {
    delete process.env[NAME];
  });

  it('is looked at once in a round, and anew in the next one', () => {
    expect(surroundings.env[NAME]).to.equal(undefined);
    process.env[NAME] = 'set';
    expect(surroundings.envOf(parts)[NAME]).to.equal(undefined);
    round++;
    expect(surroundings.envOf(parts)[NAME]).to.equal('set');
    delete process.env[NAME];
    round++;
    expect(surroundings.envOf(parts)).to.not.have.property(NAME);
  });

  it('is not read again while something tells that it can not have changed', () => {
    let version: number | undefined = 1;
    surroundings = new Surroundings(turns, () => (version === undefined ? {} : { environmentVersion: () => version ?? 0 }));
    const before = surroundings.env;
    process.env[NAME] = 'set';
    round++;
    expect(surroundings.env).to.equal(before);
    version = 2;
    expect(surroundings.env).to.equal(before);
    round++;
    expect(surroundings.env[NAME]).to.equal('set');
    delete process.env[NAME];
    version = undefined;
    round++;
    expect(surroundings.env).to.not.have.property(NAME);
  });

  it('is made once for each of several watchers that have variables of their own', () => {
    const [one, other] = [
      { ...parts, own: { A: '1' } },
      { ...parts, own: { A: '2' } },
    ];
    const first = surroundings.envOf(one);
    expect(surroundings.envOf(other).A).to.equal('2');
    expect(surroundings.envOf(one)).to.equal(first);
    expect(surroundings.envOf({ ...one, common: { B: 'b' } })).to.include({ A: '1', B: 'b' });
  });

  it('is the same object, which nobody can change, until something in it changes', () => {
    const first = surroundings.envOf(parts);
    round++;
    expect(surroundings.envOf({ ...parts, own: {} })).to.equal(first);
    expect(Object.isFrozen(first)).to.equal(true);
    process.env[NAME] = 'set';
    round++;
    expect(surroundings.envOf(parts)).to.not.equal(first);
  });

  it('has the watcher’s own over what every watcher gets, and that over the daemon’s', () => {
    process.env[NAME] = 'daemon';
    const common = { [NAME]: 'common', SHARED: 'common' };
    expect(surroundings.envOf({ copy_env: true, own: {}, common })[NAME]).to.equal('common');
    expect(surroundings.envOf({ copy_env: true, own: { [NAME]: 'own' }, common })).to.include({ [NAME]: 'own', SHARED: 'common' });
    expect(surroundings.envOf({ copy_env: false, own: { A: 'a' }, common })).to.deep.equal({ ...common, A: 'a' });
    expect(surroundings.envOf({ copy_env: true, own: {}, common: {} })[NAME]).to.equal('daemon');
  });

  it('is where the daemon is', () => {
    expect(surroundings.cwd).to.equal(process.cwd());
  });

  it('is called as it was entered, until that is another directory', () => {
    const root = mkdtempSync(join(realpathSync(tmpdir()), 'ringmaster-cwd-'));
    const [before, pwd] = [process.cwd(), process.env.PWD];
    const link = join(root, 'current');
    const cwd = (): string => {
      round++;
      return surroundings.cwd;
    };
    try {
      for (const name of ['one', 'two']) mkdirSync(join(root, name));
      symlinkSync('one', link);
      process.chdir(link);
      process.env.PWD = link;
      expect(cwd()).to.equal(link);
      rmSync(link);
      symlinkSync('two', link);
      expect(cwd()).to.equal(join(root, 'one'));
      expect(cwd()).to.equal(join(root, 'one'));
      process.chdir(link);
      expect(cwd()).to.equal(link);
      process.env.PWD = '/nonexistent';
      expect(cwd()).to.equal(join(root, 'two'));
      process.env.PWD = join(root, 'two');
      expect(cwd()).to.equal(join(root, 'two'));
    } finally {
      process.chdir(before);
      if (pwd === undefined) delete process.env.PWD;
      else process.env.PWD = pwd;
      rmSync(root, { recursive: true });
    }
  });
});
