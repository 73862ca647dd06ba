import { expect } from 'chai';
import { Daemon, sleepers } from '../fixtures/daemon.js';

describe('a request that does not wait', () => {
  it('has begun when it is answered: what it spawns is listed to the next request', async () => {
    await using daemon = await Daemon.start(sleepers(1));
    const client = daemon.client();
    const listed: number[] = [];
    for (let round = 0; round < 30; round++) {
      await client.call('incr', { name: 'web' });
      listed.push((await client.call('list', { name: 'web' })).pids?.length ?? 0);
    }
    expect(listed).to.deep.equal(listed.map((_, round) => round + 2));
  });
});
