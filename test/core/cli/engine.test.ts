import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const ENGINE = new URL('../../../core/cli/engine.js', import.meta.url).href;

/** Prints how large the young generation is before and after much was allocated, some of which lives on for a while. */
const BUSY = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { compileLater, staySmall } from '${ENGINE}';
  const young_bytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  TUNE
  const before_bytes = young_bytes();
  let kept = [];
  for (let number = 0; number < 1_000_000; number++) {
    kept.push({ number, list: [number] });
    if (kept.length > 50_000) kept = kept.slice(25_000);
  }
  console.log(JSON.stringify({ before_bytes, after_bytes: young_bytes() }));
`;

/** Prints how much of the heap is in use before and after all of a lot of old garbage is collected, and who can ask for that. */
const FULL = `
  import { runInNewContext } from 'node:vm';
  import { collectGarbage } from '${ENGINE}';
  const used_bytes = () => process.memoryUsage().heapUsed;
  let kept = Array.from({ length: 500_000 }, (_, number) => ({ number }));
  const before_bytes = used_bytes();
  kept = null;
  collectGarbage();
  const known = [typeof gc, runInNewContext('typeof gc')];
  console.log(JSON.stringify({ ratio: used_bytes() / before_bytes, known }));
`;

const grown = async (tune: string): Promise<{ ratio: number; stderr: string }> => {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', BUSY.replace('TUNE', tune)]);
  const { before_bytes, after_bytes } = JSON.parse(stdout);
  return { ratio: after_bytes / before_bytes, stderr };
};

describe("the daemon's engine", () => {
  it('has a young generation that does not grow when much happens, and complains of nothing', async () => {
    const [left, tuned] = await Promise.all([grown(''), grown('compileLater(); staySmall();')]);
    expect(left.ratio).to.be.above(4);
    // The half that is copied to may not have been there yet.
    expect(tuned.ratio).to.be.at.most(2);
    expect(tuned.stderr).to.equal('');
  });

  it('collects all garbage when it is told to, and leaves nobody else a way to ask for that', async () => {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', FULL]);
    const { ratio, known } = JSON.parse(stdout);
    expect(ratio).to.be.below(0.5);
    expect([known, stderr]).to.deep.equal([['undefined', 'undefined'], '']);
  });
});
