import { expect } from 'chai';
import type { ProcessSink } from '../../core/index.js';
import { eventually } from '../../core/testing.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

class Sink implements ProcessSink {
  readonly calls: string[] = [];

  spawned(pid: number): void {
    this.calls.push(`spawned ${pid}`);
  }

  write(chunk: Uint8Array): void {
    this.calls.push(`write ${Buffer.from(chunk)}`);
    if (String(Buffer.from(chunk)) === 'bad') throw new Error('no');
  }

  end(): void {
    this.calls.push('end');
  }
}

/** A watcher whose standard output is read by `sink`, and what the fake system was given to write to. */
async function reading(sink: Sink, more: object = {}) {
  const rig = new Rig(web(more), [tapping('spawn_options', (options) => ({ ...options, stdout: sink, stderr: sink }))]);
  const piped = (): ProcessSink => {
    const source = rig.os.of('spawn').at(-1)?.request.fds.get(1);
    if (source?.kind !== 'pipe') throw new Error('standard output is no pipe');
    return source.sink;
  };
  await rig.until(rig.supervisor.start());
  return { rig, piped };
}

describe('output of processes', () => {
  it('is one pipe where both outputs have the same sink, which is told the pid first', async () => {
    const sink = new Sink();
    const { rig, piped } = await reading(sink);
    await using _ = rig;
    expect(rig.os.of('spawn')[0]?.request.fds.get(2)).to.deep.equal({ kind: 'same', as: 1 });
    void piped().write(Buffer.from('text'));
    expect(sink.calls).to.deep.equal([`spawned ${rig.pids()[0]}`, 'write text']);
    piped().end();
  });

  it('holds up a stop until it is read to the end', async () => {
    const { rig, piped } = await reading(new Sink());
    await using _ = rig;
    let stopped = false;
    const stop = rig
      .watcher()
      .stop()
      .then(() => {
        stopped = true;
      });
    await rig.pass(500);
    expect(rig.record.names('web')).to.include('reap').and.not.include('stop');
    expect(stopped).to.equal(false);
    piped().end();
    await rig.pass(0);
    await eventually(() => stopped);
    expect(rig.record.names('web')).to.include('stop');
    await stop;
  });

  it('holds up a stop for a second at most, where something else keeps it open', async () => {
    const { rig } = await reading(new Sink());
    await using _ = rig;
    const begin = rig.clock.now();
    await rig.until(rig.watcher().stop());
    expect(rig.clock.now() - begin)
      .to.be.at.least(1000)
      .and.lessThan(1100);
  });

  it('does not hold up a replacement', async () => {
    const { rig } = await reading(new Sink());
    await using _ = rig;
    await rig.pass(2000);
    rig.os.exit(rig.pids()[0] ?? 0);
    await rig.pass(5);
    expect(rig.record.names('web').filter((name) => name === 'spawn')).to.have.length(2);
  });

  it('ends where no process came of it', async () => {
    const sink = new Sink();
    const rig = new Rig(web({ max_retry: 1 }), [tapping('spawn_options', (options) => ({ ...options, stdout: sink }))]);
    await using _ = rig;
    rig.os.behave({ fails: 'ENOENT' });
    await rig.until(rig.supervisor.start());
    expect(sink.calls.filter((call) => call === 'end').length).to.equal(rig.os.of('spawn_failed').length);
  });

  it('tells the sink how much room there is before what was read', async () => {
    const sink = new Sink();
    const rooms: (number | undefined)[] = [];
    const { rig, piped } = await reading(Object.assign(sink, { write: (_: Uint8Array, room?: number) => void rooms.push(room) }));
    await using _ = rig;
    void piped().write(Buffer.from('text'), 4096);
    void piped().write(Buffer.from('text'));
    expect(rooms).to.deep.equal([4096, undefined]);
    piped().end();
  });

  it('is not stopped by a sink that throws', async () => {
    const sink = new Sink();
    const { rig, piped } = await reading(sink);
    await using _ = rig;
    void piped().write(Buffer.from('bad'));
    void piped().write(Buffer.from('good'));
    expect(sink.calls.slice(1)).to.deep.equal(['write bad', 'write good']);
    piped().end();
  });
});
