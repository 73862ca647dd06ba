import { isMainThread } from 'node:worker_threads';
import { messageOf, RingmasterError } from '../errors.js';
import { type Logger, silentLogger } from '../log.js';
import type { Os } from './port.js';
import { type Kernel, loadKernel, nativeOs } from './posix/native.js';
import { selfTest } from './self-test.js';

const FORMS = ['native', 'portable'] as const;
type Form = (typeof FORMS)[number];

/** One attempt for the whole process: what it finds does not change. */
let kernel: Promise<Kernel> | undefined;

/**
 * The operating system by the form that works here: the native one where its self-test passes, else the portable one, and then the
 * log says why and what is missing. RINGMASTER_OS forces one of them.
 *
 * @throws RM_OS_FORM where the form that was forced does not work, or there is none of that name
 */
export async function chooseOs(log: Logger = silentLogger): Promise<Os> {
  const forced = forcedForm();
  if (forced === 'portable') return portable();
  try {
    kernel ??= testedKernel();
    return nativeOs(await kernel);
  } catch (error) {
    if (forced === 'native')
      throw new RingmasterError('RM_OS_FORM', ['native', `it does not work here: ${messageOf(error)}`], { cause: error });
    const os = await portable();
    log.warn(`processes are run through Node alone, slower, because ${messageOf(error)}; missing: ${os.missing.join(', ')}`, {
      os: os.name,
    });
    return os;
  }
}

/** Has the self-test run while something else is done; whoever chooses then waits for the rest of it only. */
export function beginChoice(): void {
  if (process.env.RINGMASTER_OS === 'portable') return;
  kernel ??= testedKernel();
  // Whoever chooses is told.
  void Promise.allSettled([kernel]);
}

async function portable(): Promise<Os> {
  const { portableOs } = await import('./portable.js');
  return portableOs();
}

function forcedForm(): Form | undefined {
  const asked = process.env.RINGMASTER_OS;
  if (asked === undefined || asked === '') return undefined;
  const form = FORMS.find((name) => name === asked);
  if (form === undefined) throw new RingmasterError('RM_OS_FORM', [asked, `there are only ${FORMS.join(' and ')}`]);
  return form;
}

async function testedKernel(): Promise<Kernel> {
  if (process.platform !== 'linux') throw new Error(`the native form is for Linux, and this is ${process.platform}`);
  if (!isMainThread) throw new Error('the native form works in the main thread only, and this is a worker thread');
  const loaded = await loadKernel();
  await selfTest(nativeOs(loaded));
  return loaded;
}
