import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Problem, sentenceOf } from '../../config/problem.js';
import { messageOf, RingmasterError } from '../../errors.js';
import { JOURNAL_VERSION } from '../../journal/journal.js';

/** How long another version may take to check the config, ms. */
const CHECK_MS = 60_000;
/** What a long list of problems may be, in bytes. */
const ANSWER_BYTES = 16 * 1024 * 1024;

/** The program to go on with, known to be fit. */
export interface NewProgram {
  /** Absolute path of the file to run with Node.js. */
  readonly main: string;
  readonly version: string;
}

interface Answer {
  readonly version?: string;
  readonly journal?: number;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Has another version of this program look at the live config, and at what it is to take over.
 *
 * @param program the file that runs now
 * @param directory of the package to go on with; undefined: that of the file, where another version may be by now
 * @throws RM_UPGRADE that says what it has found, or why it could not look
 */
export async function checkNew(program: string, directory: string | undefined, config_file: string): Promise<NewProgram> {
  if (directory !== undefined && !isAbsolute(directory)) throw refused(`the package must be an absolute path, got ${directory}`);
  let main: string;
  let checker: string;
  try {
    const now = realpathSync(program);
    main = directory === undefined ? program : join(directory, 'dist/core', basename(now));
    checker = join(dirname(realpathSync(main)), 'main.js');
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
  const { version, journal, ok, problems } = await ask([checker, 'check', config_file, '--json']);
  if (version === undefined || journal === undefined) throw refused(`${checker} is of a version that can not take over`);
  if (!ok) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(sentenceOf);
    throw refused(`version ${version} finds errors in ${config_file}: ${errors.join('; ')}`);
  }
  if (journal !== JOURNAL_VERSION)
    throw refused(`version ${version} reads journals of version ${journal}, and this one writes ${JOURNAL_VERSION}`);
  return { main, version };
}

function ask(words: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout: CHECK_MS, maxBuffer: ANSWER_BYTES };
    execFile(process.execPath, [...process.execArgv, ...words], options, (failed, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch (error) {
        const said = stderr.trim().split('\n').at(-1);
        reject(refused(`the new code does not run: ${said || messageOf(failed ?? error)}`, failed ?? error));
      }
    });
  });
}

function refused(why: string, cause?: unknown): RingmasterError {
  return new RingmasterError('RM_UPGRADE', [why], { cause });
}
