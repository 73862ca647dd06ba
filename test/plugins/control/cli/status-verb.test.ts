import { expect } from 'chai';
import { statusOverview } from '../../../../plugins/control/cli/status-verb.js';
import type { Client } from '../../../../plugins/control/client.js';

describe('control cli: the overview of many watchers', () => {
  it('asks about a few at a time, however many there are, and keeps their order', async () => {
    let waiting = 0;
    let most = 0;
    const call = async (command: string): Promise<object> => {
      most = Math.max(most, ++waiting);
      await new Promise(setImmediate);
      waiting--;
      return command === 'list' ? { pids: [7] } : { options: { numprocesses: 2 } };
    };
    const names = Array.from({ length: 950 }, (_, index) => `w${String(index).padStart(3, '0')}`);
    const statuses = Object.fromEntries(names.map((name) => [name, 'active']));
    const text = await statusOverview({ call } as Pick<Client, 'call'>, { status: 'ok', time: 0, id: '1', statuses });
    const lines = text.split('\n').slice(1);
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(names);
    expect(lines[0]).to.match(/^w000 +active +1\/2 +7$/);
    expect(most).to.equal(200);
  });
});
