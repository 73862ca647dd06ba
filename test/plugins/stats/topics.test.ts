import { expect } from 'chai';
import type { ProcessSample } from '../../../core/index.js';
import { processMessages, socketMessages, topicOf } from '../../../plugins/stats/topics.js';

const sample = (pid: number, cpu_percent: number, rss_bytes: number, age_s: number): ProcessSample => ({
  pid,
  ppid: 1,
  cmdline: 'node',
  username: 'root',
  nice: 0,
  cpu_percent,
  cpu_s: 1.5,
  rss_bytes,
  vms_bytes: 1_048_576,
  create_time_s: 1000,
  age_s,
  children: [],
});

describe('stats: topics', () => {
  it('tells of each process and sums them up, as circusd-stats does', () => {
    const messages = processMessages(topicOf('Web App'), [sample(7, 10, 1024, 5), sample(8, 20, 3072, 9)], null, 1_024_000);
    expect(messages.map(({ topic }) => topic)).to.deep.equal(['stat.web app.7', 'stat.web app.8', 'stat.web app']);
    expect(messages[0]?.body).to.deep.equal({
      mem_info1: '1.00K',
      mem_info2: '1.00M',
      cpu: 10,
      mem: 0.1,
      ctime: '0:01.50',
      pid: 7,
      username: 'root',
      nice: 0,
      create_time: 1000,
      age: 5,
      cmdline: 'node',
      children: [],
      subtopic: 7,
      name: null,
    });
    expect(messages[2]?.body).to.deep.equal({ pid: [7, 8], cpu: 15, mem: 0.4, age: 9 });
  });

  it('names the daemon, and sums nothing up to nothing', () => {
    const [daemon] = processMessages('stat.circus', [sample(7, 0, 0, 1)], 'circusd', 1000);
    expect(daemon?.body).to.include({ name: 'circusd', subtopic: 7 });
    expect(processMessages('stat.web', [], null, 1000)).to.deep.equal([
      { topic: 'stat.web', body: { pid: [], cpu: 0, mem: 0, age: 'N/A' } },
    ]);
  });

  it('tells of the hits of each socket and of all', () => {
    expect(socketMessages([])).to.deep.equal([]);
    expect(
      socketMessages([
        { fd: 5, address: '127.0.0.1:80', reads: 3 },
        { fd: 6, address: '/run/x', reads: 4 },
      ]),
    ).to.deep.equal([
      { topic: 'stat.sockets.5', body: { fd: 5, subtopic: 5, reads: 3, address: '127.0.0.1:80' } },
      { topic: 'stat.sockets.6', body: { fd: 6, subtopic: 6, reads: 4, address: '/run/x' } },
      { topic: 'stat.sockets', body: { addresses: ['127.0.0.1:80', '/run/x'], reads: 7 } },
    ]);
  });
});
