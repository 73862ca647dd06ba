import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../core/testing.js';
import { Daemon } from '../fixtures/daemon.js';
import { Shipped } from '../fixtures/shipped.js';

const run = promisify(execFile);
const STRANGER = 65534;

describe('what V8 has compiled of the merged files', function () {
  this.timeout(120_000);
  let shipped: Shipped;
  let kept: string;
  before(async () => {
    shipped = await Shipped.make();
    await inProcess('keepCode(); kept = true');
    const [name = ''] = (await readdir(shipped.file('core'))).filter((file) => file.startsWith('shared.merged.cjs.'));
    kept = shipped.file(`core/${name}`);
  });
  after(() => shipped[Symbol.asyncDispose]());

  /** Loads one merged file in a process of its own. @returns whether what was kept of it was used there */
  async function inProcess(act = 'kept = !isToBeKept()'): Promise<boolean> {
    const from = JSON.stringify(pathToFileURL(shipped.file('core/kept-code.js')).href);
    const program = `import { isToBeKept, keepCode, merged } from ${from}; let kept; merged('shared'); ${act}; console.log(kept);`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program]);
    expect(stderr).to.equal('');
    return stdout === 'true\n';
  }

  /** Whether it is used while something about it is changed. */
  async function usedWhile(change: () => Promise<void>): Promise<boolean> {
    const before = await readFile(kept);
    try {
      await change();
      return await inProcess();
    } finally {
      await rm(kept, { recursive: true });
      await writeFile(kept, before);
    }
  }

  it('is used by the next process', async () => {
    expect(await inProcess()).to.equal(true);
    expect((await stat(kept)).mode & 0o777).to.equal(0o644);
  });

  it('is kept by a daemon when it has started, and nothing of it is left over', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rm-kept-'));
    try {
      const file = join(directory, 'ringmaster.json');
      const endpoints = { endpoint: `ipc://${directory}/c.sock`, pubsub_endpoint: `ipc://${directory}/e.sock` };
      await writeFile(file, JSON.stringify(endpoints));
      const wanted = kept.replace('shared.merged', 'daemon.merged');
      expect(existsSync(wanted)).to.equal(false);
      await using daemon = await Daemon.program([shipped.file('core/main.cjs'), 'run', file]);
      await daemon.ready();
      await eventually(() => existsSync(wanted), { what: 'what a daemon takes to be kept' });
      // Others may be on their way still.
      const unfinished = async (): Promise<readonly string[]> =>
        (await readdir(shipped.file('core'))).filter((name) => /\.cjs\.\d+$/.test(name));
      await eventually(async () => expect(await unfinished()).to.deep.equal([]));
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is not used where a single bit is another one, or an end is missing', async () => {
    const whole = await readFile(kept);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(whole.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
    for (const wrong of [flipped, whole.subarray(0, -8), whole.subarray(0, 8), Buffer.alloc(0)]) {
      expect(await usedWhile(() => writeFile(kept, wrong))).to.equal(false);
    }
  });

  it('is not used of a source that has changed since, be it as long as before', async () => {
    const source = shipped.file('core/shared.merged.cjs');
    const text = await readFile(source, 'utf8');
    await writeFile(source, text.replace('"Module"', '"module"'));
    try {
      expect(await inProcess()).to.equal(false);
    } finally {
      await writeFile(source, text);
    }
  });

  it('is not used where somebody else could have put it there', async () => {
    expect(await usedWhile(() => chown(kept, STRANGER, STRANGER))).to.equal(false);
    expect(await usedWhile(() => chmod(kept, 0o666))).to.equal(false);
    const link = async (): Promise<void> => {
      await rename(kept, `${kept}.elsewhere`);
      await symlink(`${kept}.elsewhere`, kept);
    };
    expect(await usedWhile(link)).to.equal(false);
    await rm(`${kept}.elsewhere`);
    const directory = async (): Promise<void> => {
      await rm(kept);
      await mkdir(kept);
    };
    expect(await usedWhile(directory)).to.equal(false);
    expect(await inProcess()).to.equal(true);
  });

  it('is not kept in a package of somebody else, not even by root', async () => {
    const core = shipped.file('core');
    const before = await readFile(kept);
    const { uid, gid } = await stat(core);
    await rm(kept);
    await chown(core, STRANGER, STRANGER);
    try {
      expect(await inProcess('kept = isToBeKept()')).to.equal(false);
    } finally {
      await chown(core, uid, gid);
      await writeFile(kept, before);
    }
  });
});
