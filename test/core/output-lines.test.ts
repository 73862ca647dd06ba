import { expect } from 'chai';
import { definePlugin, type HookArgs, type ProcessSink } from '../../core/index.js';
import { Rig, tapping, web } from '../fixtures/rig.js';

type Told = HookArgs<'output'>;

const nobody: ProcessSink = { write: () => undefined, end: () => undefined };
const read = tapping('spawn_options', (options) => ({ ...options, stdout: nobody, stderr: { ...nobody } }));

/** A watcher whose outputs are read, and what a tap of `output` is told. */
async function watched() {
  const told: Told[] = [];
  const tap = tapping('output', (args) => void told.push(args));
  const rig = await Rig.start(web({ numprocesses: 2 }), [read, tap]);
  const pipe = (stream: 'stdout' | 'stderr' = 'stdout', process = 0): ProcessSink => {
    const source = rig.os.of('spawn')[process]?.request.fds.get(stream === 'stdout' ? 1 : 2);
    if (source?.kind !== 'pipe') throw new Error(`${stream} is no pipe`);
    return source.sink;
  };
  const write = (text: string | Buffer, ...of: Parameters<typeof pipe>): void => void pipe(...of).write(Buffer.from(text));
  const lines = (): readonly string[] => told.flatMap((args) => args.lines);
  return { rig, told, write, pipe, lines };
}

describe('the hook output', () => {
  it('tells whole lines at once, with the process and the stream that they are of', async () => {
    const { rig, told, write } = await watched();
    await using _ = rig;
    write('one\ntwo\nthr');
    write('ee\n', 'stderr', 1);
    write('ee\n');
    const [first = 0, second = 0] = rig.pids();
    const { watcher, ...rest } = told[0] as Told;
    expect(watcher.name).to.equal('web');
    expect(rest).to.deep.equal({ wid: 1, pid: first, stream: 'stdout', lines: ['one', 'two'], skipped_bytes: 0 });
    expect(told.slice(1).map(({ wid, pid, stream, lines }) => [wid, pid, stream, ...lines])).to.deep.equal([
      [2, second, 'stderr', 'ee'],
      [1, first, 'stdout', 'three'],
    ]);
  });

  it('keeps what is no whole character until it is one', async () => {
    const { rig, write, lines } = await watched();
    await using _ = rig;
    const bytes = Buffer.from('é\n');
    write(bytes.subarray(0, 1));
    write(bytes.subarray(1));
    expect(lines()).to.deep.equal(['é']);
  });

  it('tells the last line though it has no end', async () => {
    const { rig, write, pipe, lines } = await watched();
    await using _ = rig;
    write('one\ntwo');
    pipe().end();
    expect(lines()).to.deep.equal(['one', 'two']);
  });

  it('cuts a line that does not end, and goes on with the next', async () => {
    const { rig, told, write, lines } = await watched();
    await using _ = rig;
    write('x'.repeat(70_000));
    write('y'.repeat(1000));
    write('y\nnext\n');
    expect(lines()).to.deep.equal(['x'.repeat(65_536), 'next']);
    expect(told.reduce((sum, { skipped_bytes }) => sum + skipped_bytes, 0)).to.equal(70_000 - 65_536 + 1000 + 2);
  });

  it('shows a flood to 1 MiB in a second, and tells how much it has skipped', async () => {
    const { rig, told, write, lines } = await watched();
    await using _ = rig;
    const part = `${'x'.repeat(65_535)}\n`;
    for (let at = 0; at < 20; at++) write(part);
    expect(lines()).to.have.length(16);
    await rig.pass(500);
    write('torn\nwhole\n');
    expect(told.at(-1)).to.deep.include({ lines: ['whole'], skipped_bytes: 4 * 65_536 + 'torn\n'.length });
    write(part, 'stderr');
    expect(lines().at(-1)).to.have.length(65_535);
  });

  it('tells of what was skipped last at the end', async () => {
    const { rig, told, write, pipe } = await watched();
    await using _ = rig;
    for (let at = 0; at < 17; at++) write(`${'x'.repeat(65_535)}\n`);
    pipe().end();
    expect(told.at(-1)).to.deep.include({ lines: [], skipped_bytes: 65_536 });
  });

  it('joins nothing over a time in which nobody looked', async () => {
    const lines: string[] = [];
    let look: () => Disposable = () => ({ [Symbol.dispose]: () => undefined });
    const sometimes = definePlugin({
      name: 'sometimes',
      summary: 'Looks now and then.',
      schema: { type: 'object', properties: {} },
      hooks: ['output'],
      setup({ hooks }) {
        look = () => hooks.output.tap((args) => void lines.push(...args.lines));
      },
    });
    const rig = await Rig.start(web(), [read, sometimes]);
    await using _ = rig;
    const source = rig.os.of('spawn')[0]?.request.fds.get(1);
    const write = (text: string): void => void (source?.kind === 'pipe' && source.sink.write(Buffer.from(text)));
    write('unseen');
    const first = look();
    write(' end\nseen\nhalf');
    first[Symbol.dispose]();
    write(' unseen\n');
    using _second = look();
    write('again\n');
    expect(lines).to.deep.equal([' end', 'seen', 'again']);
  });

  it('is a matter of taps: what one throws loses nothing of the output', async () => {
    const written: string[] = [];
    const sink: ProcessSink = { write: (chunk) => void written.push(String(Buffer.from(chunk))), end: () => undefined };
    const throws = tapping('output', () => {
      throw new Error('no');
    });
    const rig = await Rig.start(web(), [tapping('spawn_options', (options) => ({ ...options, stdout: sink })), throws]);
    await using _ = rig;
    const source = rig.os.of('spawn')[0]?.request.fds.get(1);
    if (source?.kind === 'pipe') for (let at = 0; at < 12; at++) void source.sink.write(Buffer.from(`${at}\n`));
    expect(written).to.have.length(12);
    await rig.pass(10);
    expect(rig.supervisor.plugins().find(({ name }) => name === 'tap_output')?.state).to.equal('detached');
  });
});
