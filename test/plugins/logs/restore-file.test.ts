import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { OutputMark } from '../../../core/index.js';
import { restoreFile } from '../../../plugins/logs/restore-file.js';
import { noRotation, sizeRotation } from '../../../plugins/logs/rotation.js';
import { contents } from './kit.js';

describe('a file of output that a killed daemon was writing', () => {
  let at: string;
  let log: string;

  beforeEach(() => {
    at = mkdtempSync(join(tmpdir(), 'restore-'));
    log = join(at, 'web.log');
  });

  afterEach(() => rmSync(at, { recursive: true }));

  const mark = (size: number): OutputMark => {
    const { dev, ino } = statSync(log);
    return { dev, ino, size };
  };

  it('is cut back to where the writing began', () => {
    writeFileSync(log, 'before\nhalf wri');
    expect(restoreFile(log, mark(7), noRotation)).to.equal(true);
    expect(contents(at)).to.deep.equal({ 'web.log': 'before\n' });
  });

  it('is left alone where it is shorter than that, as one that somebody has emptied', () => {
    writeFileSync(log, 'new\n');
    expect(restoreFile(log, mark(7), noRotation)).to.equal(true);
    expect(contents(at)).to.deep.equal({ 'web.log': 'new\n' });
  });

  it('is cut back under the name that a rotation gave it, and what followed it is taken away', () => {
    writeFileSync(log, 'before\nrotated a');
    const begun = mark(7);
    renameSync(log, `${log}.2`);
    for (const [name, text] of Object.entries({ 'web.log': 'c', 'web.log.1': 'b', 'web.log.3': 'old\n', 'web.logs': 'other' })) {
      writeFileSync(join(at, name), text);
    }
    expect(restoreFile(log, begun, sizeRotation(100, 5))).to.equal(true);
    expect(contents(at)).to.deep.equal({ 'web.log': '', 'web.log.2': 'before\n', 'web.log.3': 'old\n', 'web.logs': 'other' });
  });

  it('is found under the name that a time gave it; the older ones stay', () => {
    writeFileSync(log, 'before\nrotated');
    const begun = mark(7);
    renameSync(log, `${log}.20261123`);
    writeFileSync(`${log}.20261122`, 'old\n');
    writeFileSync(log, 'next');
    expect(restoreFile(log, begun, sizeRotation(100, 5))).to.equal(true);
    expect(contents(at)).to.deep.equal({ 'web.log': '', 'web.log.20261122': 'old\n', 'web.log.20261123': 'before\n' });
  });

  it('is told to be missing where it was moved elsewhere, and nothing is touched then', () => {
    writeFileSync(log, 'gone');
    const begun = mark(0);
    renameSync(log, join(at, 'elsewhere'));
    writeFileSync(log, 'another\n');
    expect(restoreFile(log, begun, sizeRotation(100, 5))).to.equal(false);
    expect(contents(at)['web.log']).to.equal('another\n');
  });
});
