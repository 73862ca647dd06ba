import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Block, guideBlocks, pageText, placeOf, ROOT } from './blocks.js';

const run = promisify(execFile);
/** Below the root, so that `ringmaster` is the package itself. */
const FOLDER = join(ROOT, 'dist/docs-examples');
const DEADLINE_MS = 30_000;

const examples = guideBlocks().filter(({ language }) => language === 'ts' || language === 'js');

function fileOf(block: Block): string {
  const unnamed = `${block.page.replaceAll(/\W/g, '-')}-${block.line}.${block.language}`;
  return block.name ?? unnamed;
}

/** JavaScript runs as it is written, TypeScript as it comes out of the compiler. */
function runnable(block: Block): string {
  return block.language === 'js' ? join(FOLDER, fileOf(block)) : join(FOLDER, 'out', fileOf(block).replace(/\.ts$/, '.js'));
}

async function compile(): Promise<string> {
  const { compilerOptions } = JSON.parse(pageText('tsconfig.json'));
  const { incremental: _, tsBuildInfoFile: __, ...strict } = compilerOptions;
  const options = { ...strict, rootDir: '.', outDir: 'out', allowJs: true, checkJs: true, declaration: false, sourceMap: false };
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*'] }));
  await Promise.all(examples.map((block) => writeFile(join(FOLDER, fileOf(block)), block.text)));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', FOLDER], { cwd: ROOT, timeout: DEADLINE_MS }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string }) => error.stdout || String(error),
  );
}

describe('examples in the guides', function () {
  this.timeout(DEADLINE_MS);
  let errors: string;

  before(async () => {
    errors = await compile();
  });
  after(() => rm(FOLDER, { recursive: true, force: true }));

  it('have names of their own', () => {
    const names = examples.map(fileOf);
    expect(names).to.have.length.above(5);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('compile under the strictest settings', () => {
    expect(errors.trim()).to.equal('');
  });

  for (const block of examples.filter(({ marks }) => marks.includes('run'))) {
    it(`${placeOf(block)} runs to its end and says something`, async () => {
      const { stdout } = await run(process.execPath, [runnable(block)], { cwd: ROOT, timeout: DEADLINE_MS });
      expect(stdout).to.match(/\S/);
    });
  }

  for (const block of examples.filter(({ marks }) => marks.includes('test'))) {
    it(`${placeOf(block)} is a test that passes`, async () => {
      const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
      const { stdout } = await run(process.execPath, [mocha, '--no-config', '--timeout', String(DEADLINE_MS), runnable(block)], {
        cwd: ROOT,
        timeout: DEADLINE_MS,
      });
      expect(stdout).to.match(/\d+ passing/);
    });
  }
});
