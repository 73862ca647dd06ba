import { readdirSync, readlinkSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../../core/testing.js';
import { LogRig, script } from './kit.js';

const TIME = '%Y/%m/%d %H.%M.%S';
const PREFIX = String.raw`\d{4}/\d\d/\d\d \d\d\.\d\d\.\d\d \[\d+\] \| `;

/** Writes both names without an end of line, and stays. */
const both = ['-e', 'process.stdout.write("stdout"); process.stderr.write("stderr"); setInterval(() => {}, 1000)'];

const isOpen = (file: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch (error) {
      // The one that the directory was read by.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });

/** What Circus promises of its streams. */
describe('logs: streams as Circus has them', () => {
  it('write both outputs, after a restart too, into files that were emptied meanwhile', async () => {
    const file = (filename: string): object => ({ class: 'FileStream', filename });
    await using rig = await LogRig.start(
      (at) => ({ web: { args: both, stdout_stream: file(join(at, 'out')), stderr_stream: file(join(at, 'err')) } }),
      { line_delay: 0.05 },
    );
    await rig.reads('out', /^stdout$/);
    await rig.reads('err', /^stderr$/);
    for (const name of ['out', 'err']) truncateSync(join(rig.at, name));
    await rig.watcher().restart();
    await rig.reads('out', /stdout$/);
    await rig.reads('err', /stderr$/);
  });

  it('close their file when the watcher stops, and open it when it starts again', async () => {
    await using rig = await LogRig.start(
      (at) => ({ web: { args: both, stdout_stream: { class: 'FileStream', filename: join(at, 'out') } } }),
      {
        line_delay: 0.05,
      },
    );
    const file = join(rig.at, 'out');
    await rig.reads('out', /^stdout$/);
    expect(isOpen(file)).to.equal(true);
    await rig.watcher().stop();
    expect(isOpen(file)).to.equal(false);
    await rig.watcher().start();
    await eventually(() => isOpen(file));
  });

  for (const [title, text, expected] of [
    ['one line without an end', 'hello', `^${PREFIX}hello\n$`],
    ['several, the last without an end', 'foo\\nbar\\nbaz', `^${PREFIX}foo\n${PREFIX}bar\n${PREFIX}baz\n$`],
    ['several that all have one', 'foo\\nbar\\nbaz\\n', `^${PREFIX}foo\n${PREFIX}bar\n${PREFIX}baz\n$`],
  ] as const) {
    it(`put time and pid before each line, and an end after the last: ${title}`, async () => {
      await using rig = await LogRig.start((at) => ({
        web: {
          args: ['-e', `process.stdout.write("${text}")`],
          respawn: false,
          stdout_stream: { class: 'FileStream', filename: join(at, 'out'), time_format: TIME },
        },
      }));
      await rig.ended();
      expect(rig.text('out')).to.match(new RegExp(expected));
    });
  }

  it('end a line that was written in part long before its process ended', async () => {
    await using rig = await LogRig.start(
      (at) => ({ web: { args: both, stdout_stream: { class: 'FileStream', filename: join(at, 'out'), time_format: 'T' } } }),
      { line_delay: 0.05 },
    );
    await rig.reads('out', /^T \[\d+\] \| stdout$/);
    await rig.watcher().stop();
    expect(rig.text('out')).to.match(/^T \[\d+\] \| stdout\n$/);
  });

  it('add nothing where there is no time_format: two pieces without an end are one', async () => {
    const args = ['-e', 'process.stdout.write("*".repeat(1100)); process.stdout.write("*".repeat(1100))'];
    await using rig = await LogRig.start((at) => ({
      web: { args, respawn: false, stdout_stream: { class: 'FileStream', filename: join(at, 'out') } },
    }));
    await rig.ended();
    expect(rig.text('out')).to.equal('*'.repeat(2200));
  });

  it('go on in a new file when a watched one is moved away', async () => {
    await using rig = await LogRig.start((at) => ({
      web: { args: [script('talk.mjs'), join(at, 'say')], stdout_stream: { class: 'WatchedFileStream', filename: join(at, 'out') } },
    }));
    writeFileSync(join(rig.at, 'say'), 'line 1\\n\n');
    await rig.reads('out', /^line 1\n$/);
    renameSync(join(rig.at, 'out'), join(rig.at, 'out.1'));
    writeFileSync(join(rig.at, 'say'), 'line 1\\n\nline 2\\n\n');
    await eventually(() => readdirSync(rig.at).includes('out'));
    await rig.reads('out', /^line 2\n$/);
    expect(rig.text('out.1')).to.equal('line 1\n');
  });
});
