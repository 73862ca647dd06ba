import { expect } from 'chai';
import { rejects } from '../../../core/testing.js';
import { kit, web } from './kit.js';

const process = { pid: 1000, wid: 1, started: 0, age: 0, generation: 0, stopping: false };

describe('failures of hooks', () => {
  it('keeps the thrown error as the cause', async () => {
    const made = kit();
    const boom = new Error('boom');
    made.plugin('bad').stats.tap(() => {
      throw boom;
    });
    const error = await rejects((async () => made.hooks.shape('stats', {}, { watcher: web, process }))(), 'RM_PLUGIN_FAILED');
    expect(error.cause).to.equal(boom);
    expect(error.context).to.deep.equal({ plugin: 'bad', hook: 'stats' });
  });

  it('drops an answer that comes after the deadline', async () => {
    const made = kit();
    let late: (veto: { veto: string }) => void = () => {};
    const answer = new Promise<{ veto: string }>((resolve) => {
      late = resolve;
    });
    made.plugin('slow').before_start.tap(() => answer, { deadline_ms: 10, ignore_failure: true });
    const gate = made.hooks.gate('before_start', { watcher: web });
    await made.clock.advanceAsync(10);
    late({ veto: 'too late' });
    expect(await gate).to.equal(null);
    await made.clock.advanceAsync(0);
    expect(made.lines.filter((line) => line.level === 'debug').map((line) => line.fields.plugin)).to.deep.equal(['slow']);
  });

  it('goes on where whoever is told of a failure fails too', () => {
    const made = kit();
    made.failures.push = () => {
      throw new Error('no room');
    };
    made.plugin('bad').ready.tap(() => {
      throw new Error('boom');
    });
    made.hooks.watch('ready', {});
    expect(made.lines.map((line) => line.message)).to.deep.equal([
      'plugin "bad" failed in hook ready: boom',
      'cannot report a failed hook: no room',
    ]);
  });

  it('only logs a failure of event, because reporting it would be an event', () => {
    const made = kit();
    made.plugin('bad').event.tap(() => {
      throw new Error('boom');
    });
    made.hooks.watch('event', { watcher: 'web', name: 'start', body: { time: 0 } });
    expect(made.failures).to.deep.equal([]);
    expect(made.lines.map((line) => line.message)).to.deep.equal(['plugin "bad" failed in hook event: boom']);
  });
});
