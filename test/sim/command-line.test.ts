import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/** What is run by hand, and an option of it. */
const BY_HAND: readonly (readonly [file: string, option: string])[] = [
  ['../bench/main.js', '--rounds'],
  ['run.js', '--crashes'],
  ['soak-run.js', '--minutes'],
  ['hostile-run.js', '--cycles'],
  ['fuzz-run.js', '--count'],
];

describe('programs that are run by hand', () => {
  const run = (file: string, args: readonly string[]): Promise<readonly [status: unknown, stderr: string]> =>
    new Promise((resolve) => {
      const path = fileURLToPath(new URL(file, import.meta.url));
      execFile(process.execPath, [path, ...args], (error, _, stderr) => resolve([error?.code ?? 0, stderr]));
    });

  for (const [file, option] of BY_HAND) {
    it(`${file} names an option that it has not, and those that it has, in one line`, async () => {
      const [status, stderr] = await run(file, ['--nonsense']);
      expect(stderr)
        .to.match(/^Unknown option '--nonsense'.*\n$/)
        .and.include(option);
      expect(status).to.equal(2);
    });
  }

  for (const [args, said] of [
    [['nonsense'], 'there is no figure nonsense; there are '],
    [['--rounds', 'x'], '--rounds is a whole number above 0, not x'],
  ] as const) {
    it(`the bench refuses ${args.join(' ')} in one line`, async () => {
      const [status, stderr] = await run('../bench/main.js', args);
      expect(stderr)
        .to.include(said)
        .and.match(/^.*\n$/);
      expect(status).to.equal(2);
    });
  }
});
