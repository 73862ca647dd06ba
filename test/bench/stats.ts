import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ProcReader } from '../../core/os/proc-reader.js';
import { ProcessSampler } from '../../core/os/process-sampler.js';

/**
 * What one look at a process costs: `node --expose-gc dist/test/bench/stats.js [--processes N] [--rounds N]`.
 * `kept` keeps files open, `opened` does not; both read files of the form of /proc in a directory, which is cheaper than /proc
 * itself, and `proc` reads this process in /proc as often.
 */
const { values } = parseArgs({ options: { processes: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '50' } } });
const processes = Number(values.processes);
const rounds = Number(values.rounds);

const root = mkdtempSync(join(tmpdir(), 'rm-bench-'));
writeFileSync(join(root, 'stat'), 'btime 1700000000\n');
const pids = Array.from({ length: processes }, (_, index) => index + 1);
for (const pid of pids) {
  mkdirSync(join(root, String(pid)));
  const line = `${pid} (node) S 1 1 1 0 -1 4194304 9 8 7 6 4711 12 5 5 20 0 11 0 4711 8192000 99 18446744073709551615 1 1 0 0 0\n`;
  writeFileSync(join(root, String(pid), 'stat'), line);
  writeFileSync(join(root, String(pid), 'statm'), '2000 100 5 0 0 0 0\n');
  writeFileSync(join(root, String(pid), 'status'), 'Uid:\t0\t0\t0\t0\n');
  writeFileSync(join(root, String(pid), 'cmdline'), 'node\0');
}

function measure(name: string, reader: ProcReader, which: readonly number[], repeat: number): void {
  using sampler = new ProcessSampler({ reader });
  for (let round = 0; round < 5; round++) sampler.sample(which);
  globalThis.gc?.();
  const heap_bytes = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  for (let round = 0; round < repeat; round++) sampler.sample(which);
  const { user, system } = process.cpuUsage(cpu);
  const looks = which.length * repeat;
  const bytes = (process.memoryUsage().heapUsed - heap_bytes) / looks;
  const result = {
    name,
    processes: which.length,
    rounds: repeat,
    cpu_us_per_process: (user + system) / looks,
    heap_bytes_per_process: bytes,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

try {
  measure('kept', new ProcReader({ root, keep_open: processes }), pids, rounds);
  measure('opened', new ProcReader({ root }), pids, rounds);
  measure('proc', new ProcReader({ keep_open: 1 }), [process.pid], processes * rounds);
} finally {
  rmSync(root, { recursive: true });
}
