import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A file beside the sources of the benches. */
export const sourceFile = (name: string): string => fileURLToPath(new URL(`../../../test/bench/${name}`, import.meta.url));

/** In memory where the machine has such a place. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Length of a line of the reports. */
const LINE = 32;

/** One worker's first instruction, in ms on performance.now(). */
export interface Begun {
  readonly pid: number;
  readonly at_ms: number;
}

interface Program {
  readonly path: string;
  /** What the time of its reports is on. */
  readonly clock: 'monotonic' | 'wall';
}

let program: Program | undefined;

/** The worker, compiled at the first call where there is a compiler. */
export function worker(): Program {
  program ??= compile();
  return program;
}

function compile(): Program {
  const directory = mkdtempSync(join(ROOT, 'ringmaster-bench-worker-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'worker');
  for (const flags of [['-static'], []]) {
    const { status } = spawnSync('cc', ['-O2', ...flags, '-o', path, sourceFile('native/worker.c')], { stdio: 'ignore' });
    if (status === 0) return { path, clock: 'monotonic' };
  }
  writeFileSync(path, readFileSync(sourceFile('native/worker.sh')));
  chmodSync(path, 0o755);
  return { path, clock: 'wall' };
}

/** A directory of one contender in one round, and what its workers report there. */
export class Place implements Disposable {
  readonly directory = mkdtempSync(join(ROOT, 'ringmaster-bench-'));
  readonly reports = join(this.directory, 'reports');

  constructor() {
    writeFileSync(this.reports, '');
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** How many workers have begun so far. */
  get count(): number {
    return Math.floor(statSync(this.reports).size / LINE);
  }

  /** Waits for so many, looking seldom enough to take no part. @throws Error after the deadline */
  async begun(count: number, deadline_ms = 60_000): Promise<readonly Begun[]> {
    const end_ms = performance.now() + deadline_ms;
    while (this.count < count) {
      if (performance.now() > end_ms) throw new Error(`${this.count} of ${count} workers have begun after ${deadline_ms} ms`);
      await pause(2);
    }
    return this.all();
  }

  all(): readonly Begun[] {
    // hrtime is on the monotonic clock of the kernel, as the reports of the compiled worker are.
    const now_ns = worker().clock === 'monotonic' ? process.hrtime.bigint() : BigInt(Date.now()) * 1_000_000n;
    const now_ms = performance.now();
    const lines = readFileSync(this.reports, 'latin1').trimEnd().split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [pid = '', at = ''] = line.trim().split(/\s+/);
        return { pid: Number(pid), at_ms: now_ms - Number(now_ns - BigInt(at)) / 1e6 };
      });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** Waits until a condition holds. @throws Error after the deadline */
export async function until(met: () => boolean, what: string, deadline_ms = 60_000): Promise<void> {
  for (const end_ms = performance.now() + deadline_ms; !met(); await pause(1)) {
    if (performance.now() > end_ms) throw new Error(`no ${what} after ${deadline_ms} ms`);
  }
}
