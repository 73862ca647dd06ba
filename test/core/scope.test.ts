import { expect } from 'chai';
import { Scope } from '../../core/scope.js';
import { VirtualClock } from '../../core/testing.js';

const never = (): Promise<void> => new Promise(() => {});

describe('scope', () => {
  it('undoes last first, waiting for each', async () => {
    const steps: string[] = [];
    const scope = new Scope('s');
    for (const name of ['a', 'b', 'c']) {
      scope.add(name, async () => {
        await null;
        steps.push(name);
      });
    }
    expect(scope.owned).to.deep.equal(['a', 'b', 'c']);
    const [once, twice] = [scope.dispose(), scope.dispose()];
    expect(scope.signal.aborted).to.equal(true);
    await Promise.all([once, twice]);
    expect(steps).to.deep.equal(['c', 'b', 'a']);
    expect(scope.owned).to.deep.equal([]);
  });

  it('undoes one thing now, at once where that is synchronous, and not again at its end', async () => {
    let undone = 0;
    const scope = new Scope('s');
    const owned = scope.add('a', () => {
      undone += 1;
    });
    const undoing = owned[Symbol.asyncDispose]();
    expect(undone).to.equal(1);
    await undoing;
    await scope.dispose();
    expect(undone).to.equal(1);
  });

  it('undoes at once what is added after its end', async () => {
    const scope = new Scope('s');
    await scope.dispose();
    let undone = false;
    scope.add('late', () => {
      undone = true;
    });
    expect(undone).to.equal(true);
  });

  it('goes on after a failure and throws all of them', async () => {
    const scope = new Scope('s');
    const steps: string[] = [];
    scope.add('a', () => void steps.push('a'));
    scope.add('b', () => Promise.reject(new Error('b')));
    scope.add('c', () => {
      throw new Error('c');
    });
    const failure = await scope.dispose().catch((error: AggregateError) => error);
    expect(failure?.errors.map((error) => error.message)).to.deep.equal(['c', 'b']);
    expect(steps).to.deep.equal(['a']);
  });

  it('ends its children at its own end, in their place', async () => {
    const steps: string[] = [];
    const scope = new Scope('s');
    scope.add('a', () => void steps.push('a'));
    scope.child('c').add('b', () => void steps.push('b'));
    const early = scope.child('early');
    early.add('e', () => void steps.push('e'));
    expect(scope.owned).to.deep.equal(['a', 'c', 'early']);
    await early.dispose();
    expect(scope.owned).to.deep.equal(['a', 'c']);
    await scope.dispose();
    expect(steps).to.deep.equal(['e', 'b', 'a']);
  });

  it('ends a child at once where it has ended itself', async () => {
    const scope = new Scope('s');
    await scope.dispose();
    const child = scope.child('late');
    expect(child.disposed).to.equal(true);
    await child.dispose();
    expect([scope.owned, child.owned]).to.deep.equal([[], []]);
  });

  it('can be abandoned: says what it waited for, and starts the rest without waiting', async () => {
    const steps: string[] = [];
    const scope = new Scope('s');
    scope.add('a', () => void steps.push('a'));
    scope.add('b', () => {
      steps.push('b');
      return never();
    });
    const child = scope.child('child');
    child.add('c', () => void steps.push('c'));
    child.add('d', never);
    const disposal = scope.dispose();
    await new VirtualClock().advanceAsync(0);
    expect(steps).to.deep.equal([]);
    expect(scope.abandon()).to.deep.equal(['s/child/d']);
    await disposal;
    expect(steps).to.have.members(['a', 'b', 'c']);
    expect(scope.abandon()).to.deep.equal([]);
  });
});
