/**
 * How fast a child's standard output gets into a file, and what that costs the supervisor.
 *
 * node dist/test/bench/output.js [MiB, default 1024] [directory, default /dev/shm or the temporary one]
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervisor } from '../../core/index.js';
import { recordEvents } from '../../core/testing.js';
import logs from '../../plugins/logs/index.js';

const MIB = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024);
const place = process.argv[3] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
/** Lines of 100 bytes from tools that are faster than what is measured. */
const COMMAND = `yes ${'x'.repeat(99)} | head -c ${size * MIB}`;

const CASES: readonly (readonly [string, object])[] = [
  ['file', {}],
  ['file, rotated at 64 MiB', { max_bytes: '64M', backup_count: 2 }],
  ['file with time_format', { time_format: '%Y-%m-%d %H:%M:%S' }],
  ['file, direct', { direct: true }],
];

async function measure(options: object): Promise<{ readonly mib_per_s: number; readonly cpu_s_per_gib: number }> {
  const directory = mkdtempSync(join(place, 'ringmaster-bench-'));
  const record = recordEvents();
  const stdout = { type: 'file', filename: join(directory, 'out.log'), ...options };
  const watcher = { cmd: 'sh', args: ['-c', COMMAND], env: { PATH: process.env.PATH ?? '' }, respawn: false, stdout };
  await using supervisor = new Supervisor({ watchers: { bench: watcher } }, { plugins: [record.plugin, logs] });
  const ended = new Promise<void>((resolve) => {
    const look = (): void => {
      if (record.names('bench').includes('stop')) resolve();
      else setTimeout(look, 5);
    };
    look();
  });
  const begin = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  await supervisor.start();
  await ended;
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  const written = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  rmSync(directory, { recursive: true });
  if (written < Math.min(size, 64) * MIB) throw new Error(`only ${written} bytes of ${size} MiB were written`);
  return { mib_per_s: size / seconds, cpu_s_per_gib: ((user + system) / 1e6 / size) * 1024 };
}

for (const [name, options] of CASES) {
  const { mib_per_s, cpu_s_per_gib } = await measure(options);
  process.stdout.write(`${name.padEnd(26)} ${mib_per_s.toFixed(0).padStart(6)} MiB/s ${cpu_s_per_gib.toFixed(2).padStart(7)} CPU s/GiB\n`);
}
