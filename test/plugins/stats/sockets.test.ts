import { expect } from 'chai';
import type { HitCounter } from '../../../core/index.js';
import { type LogLine, recordingLogger } from '../../../core/testing.js';
import { SocketStats } from '../../../plugins/stats/sockets.js';

describe('stats: hits of sockets', () => {
  it('are counted only while somebody listens, and told from the second round on', () => {
    let counting = 0;
    const countHits = (): HitCounter => {
      counting++;
      const socket = { name: 'web', number: 3, backlog: 9, host: null, port: null, path: '/run/web' };
      return { take: () => [{ socket, hits: 2 }], [Symbol.dispose]: () => void counting-- };
    };
    const stats = new SocketStats({ countHits }, recordingLogger([]));
    expect([stats.round(false), counting]).to.deep.equal([[], 0]);
    expect([stats.round(true), counting]).to.deep.equal([[], 1]);
    expect(stats.round(true).map(({ topic, body }) => [topic, body.reads])).to.deep.equal([
      ['stat.sockets.3', 2],
      ['stat.sockets', 2],
    ]);
    expect([stats.round(false), counting]).to.deep.equal([[], 0]);
  });

  it('are not told where nothing can tell of them, which is said once', () => {
    const lines: LogLine[] = [];
    const countHits = (): HitCounter => {
      throw new Error('no epoll here');
    };
    const stats = new SocketStats({ countHits }, recordingLogger(lines));
    expect([stats.round(true), stats.round(true)]).to.deep.equal([[], []]);
    expect(lines.map(({ message }) => message)).to.deep.equal(['hits of sockets are not published: no epoll here']);
  });
});
