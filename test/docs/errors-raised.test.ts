import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { initVerb } from '../../core/cli/init.js';
import { createPidfile } from '../../core/cli/pidfile.js';
import { loadConfig } from '../../core/config/index.js';
import { type ErrorCode, messageOf, RingmasterError } from '../../core/errors.js';
import { runBin } from '../fixtures/cli/run-bin.js';
import { errorTemplate } from './reference/errors.js';

describe('errors about files', () => {
  let folder: string;
  const inFolder = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringmaster-errors-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What each is raised by; the text that comes of it, or the error itself. */
  const RAISED: Readonly<Partial<Record<ErrorCode, () => unknown>>> = {
    RM_PIDFILE_HELD: () => {
      writeFileSync(inFolder('pid'), `${process.ppid}\n`);
      return createPidfile(inFolder('pid'));
    },
    RM_PIDFILE_FOREIGN: () => {
      writeFileSync(inFolder('pid'), 'a letter\n');
      return createPidfile(inFolder('pid'));
    },
    RM_PIDFILE_WRITE: () => createPidfile(inFolder('missing/pid')),
    RM_LOG_OPEN: async () => {
      writeFileSync(inFolder('ringmaster.json'), '{}');
      return (await runBin('main', ['run', '--log-output', inFolder('missing/log'), inFolder('ringmaster.json')])).stderr;
    },
    RM_FILE_EXISTS: () => {
      writeFileSync(inFolder('there.yaml'), '');
      return initText(inFolder('there.yaml'));
    },
    RM_FILE_WRITE: () => initText(inFolder('missing/new.yaml')),
    RM_CONFIG_READ: async () => {
      const [problem] = (await loadConfig(inFolder('missing.yaml'))).problems;
      return `${problem?.message}; ${problem?.fix}`;
    },
  };

  for (const [code, raise] of Object.entries(RAISED)) {
    it(`${code} reads as the reference shows it, with its remedy`, async () => {
      const template = errorTemplate(code as ErrorCode);
      const { text, found } = await textOf(raise);
      if (found !== undefined) expect(found).to.equal(code);
      expect(text).to.match(new RegExp(`${pattern(template.message)}; ${pattern(template.fix)}`));
      expect(text).to.include(folder);
    });
  }
});

/** What a person gets to see, and the code where it is known. */
async function textOf(raise: () => unknown): Promise<{ readonly text: string; readonly found?: string }> {
  try {
    return { text: String(await raise()) };
  } catch (error) {
    if (error instanceof RingmasterError) return { text: `${error.message}; ${error.fix}`, found: error.code };
    return { text: messageOf(error) };
  }
}

/** A template as a pattern: `{name}` stands for anything. */
function pattern(template: string): string {
  return template
    .split(/\{\w+\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.+');
}

async function initText(file: string): Promise<string> {
  const stderr = new PassThrough();
  const status = await initVerb.run([file], {}, { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {} });
  return `${String(stderr.read())} status ${status}`;
}
