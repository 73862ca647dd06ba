import { expect } from 'chai';
import { Surroundings } from '../../core/surroundings.js';

const NAME = 'RINGMASTER_TEST_SURROUNDINGS';
const parts = { copy_env: true, own: {}, common: {} };

describe('what processes take over from the daemon', () => {
  let round: number;
  let surroundings: Surroundings;
  beforeEach(() => {
    round = 0;
    surroundings = new Surroundings(() => round);
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
});
