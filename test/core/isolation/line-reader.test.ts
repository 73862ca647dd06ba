import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { LineReader, LONGEST_LINE } from '../../../core/isolation/line-reader.js';

const SLOW = { window_ms: 60_000, lines: 2, chars: 1000 };

/** A reader, what it tells, and what it reads. */
function reader(pace: typeof SLOW | null = SLOW): { readonly told: string[]; readonly stream: PassThrough; readonly reader: LineReader } {
  const told: string[] = [];
  const stream = new PassThrough();
  const listener = {
    line: (text: string): boolean => told.push(text) < 0,
    half: (text: string): void => void told.push(`half ${text}`),
    tooLong: (): void => void told.push('too long'),
    dropped: (lines: number): void => void told.push(`dropped ${lines}`),
  };
  return { told, stream, reader: new LineReader(stream, listener, pace) };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1));

describe('what a guest has written when it is dead', () => {
  it('is read whatever its pace was, in order, with the half of a line at its end', async () => {
    const { told, stream, reader: lines } = reader();
    stream.write('1\n2\n3\n4\n5\nha');
    await turn();
    expect(told).to.deep.equal(['1', '2']);
    stream.write('lf');
    lines.finish();
    expect(told).to.deep.equal(['1', '2', '3', '4', '5', 'half half']);
  });

  it('is read from its death on, and told when all of it is there', async () => {
    const { told, stream, reader: lines } = reader();
    stream.write('1\n2\n3\n');
    await turn();
    lines.hurry();
    stream.end('4\n5');
    await turn();
    expect(told).to.deep.equal(['1', '2']);
    lines.finish();
    expect(told).to.deep.equal(['1', '2', '3', '4', 'half 5']);
  });

  it('is told by its last lines where there are many, and by how many there were before', async () => {
    const { told, stream, reader: lines } = reader();
    stream.write(`${numbered(1000).join('\n')}\n`);
    await turn();
    lines.finish();
    expect(told).to.deep.equal(['1', '2', 'dropped 798', ...numbered(1000).slice(-200)]);
  });

  it('is no more than was read where a line was too long', async () => {
    const { told, stream, reader: lines } = reader(null);
    stream.write(`1\n${'x'.repeat(LONGEST_LINE + 1)}\n2\n`);
    await turn();
    lines.finish();
    expect(told).to.deep.equal(['1', 'too long']);
  });
});
