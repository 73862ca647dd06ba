import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Clock } from '../../../core/clock.js';
import { ProcReader } from '../../../core/os/proc-reader.js';
import { parseStat, residentPages } from '../../../core/os/proc-stat.js';
import { commandName, emptyReading } from '../../../core/os/process-reader.js';
import { type ProcessSample, ProcessSampler } from '../../../core/os/process-sampler.js';
import { PsReader, parsePs } from '../../../core/os/ps-reader.js';
import { cpuTime, humanBytes, processInfo, processTotals } from '../../../core/process-info.js';
import { VirtualClock } from '../../../core/testing.js';

/** The line of a process, with what matters here at its place. */
function statLine(name: string, { ppid = 1, ticks = 0, nice = 0, start = 4711, state = 'S' }: Fake = {}): string {
  return `7 (${name}) ${state} ${ppid} 7 7 0 -1 4194304 9 8 7 6 ${ticks} 0 5 5 20 ${nice} 1 0 ${start} 8192000 99 18446744073709551615 1\n`;
}

interface Fake {
  readonly ppid?: number;
  readonly ticks?: number;
  readonly nice?: number;
  readonly start?: number;
  readonly state?: string;
  readonly argv0?: string;
  readonly pages?: number;
  /** None where it is not given: as in a kernel that does not tell them. */
  readonly children?: readonly number[];
}

const BOOT_S = 1_700_000_000;

/** A directory like /proc. */
class FakeProc implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'rm-proc-'));

  constructor() {
    writeFileSync(join(this.root, 'stat'), `cpu 1 2 3\nbtime ${BOOT_S}\n`);
  }

  put(pid: number, name: string, fake: Fake = {}): void {
    const dir = join(this.root, String(pid));
    mkdirSync(join(dir, 'task', String(pid)), { recursive: true });
    writeFileSync(join(dir, 'stat'), statLine(name, fake));
    writeFileSync(join(dir, 'statm'), `2000 ${fake.pages ?? 100} 5 0 0 0 0\n`);
    writeFileSync(join(dir, 'status'), `Name:\t${name}\nUid:\t0\t0\t0\t0\n`);
    writeFileSync(join(dir, 'cmdline'), `${fake.argv0 ?? `/usr/bin/${name}`}\0--flag\0`);
    if (fake.children !== undefined) writeFileSync(join(dir, 'task', String(pid), 'children'), `${fake.children.join(' ')} `);
  }

  remove(pid: number): void {
    rmSync(join(this.root, String(pid)), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

const parsed = (line: string) => {
  const reading = emptyReading();
  const bytes = Buffer.from(`${line}rubbish of an earlier look 1 2 3`);
  return { ok: parseStat(bytes, Buffer.byteLength(line), reading), ...reading };
};

describe('process statistics: /proc', () => {
  it('reads the stat of a process whose name holds parentheses and spaces', () => {
    const found = parsed(statLine('a) (b c)', { ppid: 12, ticks: 42, nice: -5 }));
    expect(found).to.include({ ok: true, ppid: 12, cpu_s: 0.42, nice: -5, create_time_s: 47.11, vms_bytes: 8_192_000, zombie: false });
  });

  it('tells a zombie, and a line that is cut short', () => {
    expect(parsed(statLine('x', { state: 'Z' })).zombie).to.equal(true);
    expect(parsed('7 (x) S 1 7').ok).to.equal(false);
    expect(parsed('').ok).to.equal(false);
  });

  it('notices that a process executes something else', () => {
    expect(parsed(statLine('sh')).name_hash).not.to.equal(parsed(statLine('node')).name_hash);
    expect(parsed(statLine('sh')).name_hash).to.equal(parsed(statLine('sh', { ticks: 9 })).name_hash);
  });

  it('counts resident pages', () => {
    expect(residentPages(Buffer.from('2000 150 5 0\n'), 13)).to.equal(150);
  });

  for (const [argv0, name] of [
    ['/usr/bin/node', 'node'],
    ['nginx: master process', 'nginx:'],
    ['', 'N/A'],
    ['sh', 'sh'],
  ] as const) {
    it(`calls ${JSON.stringify(argv0)} ${name}`, () => expect(commandName(argv0)).to.equal(name));
  }

  for (const [form, children, count] of [
    ['asks processes for their children', [21, 22], 1],
    ['looks at the whole machine where the kernel does not tell children', undefined, 1],
    ['looks at the whole machine once where many are asked for', [21, 22], 20],
  ] as const) {
    it(form, () => {
      using proc = new FakeProc();
      proc.put(20, 'parent', children === undefined ? {} : { children });
      proc.put(21, 'child', { ppid: 20, ...(children && { children: [] }) });
      proc.put(22, 'child', { ppid: 20, ...(children && { children: [30] }) });
      proc.put(30, 'grandchild', { ppid: 22, ...(children && { children: [] }) });
      const clock = new VirtualClock();
      using sampler = new ProcessSampler({ clock, reader: new ProcReader({ root: proc.root }) });
      const pids = Array.from({ length: count }, (_, index) => 20 + index * 1000);
      const tree = (sample: ProcessSample): unknown => [sample.pid, ...sample.children.map(tree)];
      const [direct] = [...sampler.sample(pids, { children: 'direct' }).values()].map(tree);
      expect(direct).to.deep.equal([20, [21], [22]]);
      const [all] = [...sampler.sample(pids, { children: 'all' }).values()];
      expect(all && tree(all)).to.deep.equal([20, [21], [22, [30]]]);
      expect(all && processTotals(all)).to.deep.equal({ processes: 4, cpu_percent: 0, rss_bytes: 4 * 100 * 4096 });
    });
  }
});

describe('process statistics: samples', () => {
  const open = (proc: FakeProc, keep_open = 0) => {
    const clock = new VirtualClock();
    const sampler = new ProcessSampler({ clock, reader: new ProcReader({ root: proc.root, keep_open }) });
    const look = (pid: number): ProcessSample | undefined => sampler.sample([pid]).get(pid);
    return { clock, sampler, look };
  };

  for (const keep_open of [0, 10]) {
    it(`has processor time in percent since the look before, with ${keep_open} files kept open`, () => {
      using proc = new FakeProc();
      const { clock, sampler, look } = open(proc, keep_open);
      using _ = sampler;
      proc.put(7, 'busy', { ticks: 1000 });
      expect(look(7)).to.include({ cpu_percent: 0, cpu_s: 10, username: 'root', cmdline: 'busy', rss_bytes: 409_600 });
      clock.advance(1000);
      proc.put(7, 'busy', { ticks: 1050, pages: 200 });
      expect(look(7)).to.include({ cpu_percent: 50, cpu_s: 10.5, rss_bytes: 819_200 });
      clock.advance(2000);
      proc.put(7, 'busy', { ticks: 1350 });
      expect(look(7)?.cpu_percent).to.equal(150);
    });
  }

  it('has a process be no older or younger for a wall clock that jumps', () => {
    using proc = new FakeProc();
    const { clock, sampler, look } = open(proc);
    using _ = sampler;
    proc.put(7, 'web', { start: 100 });
    const before = look(7)?.age_s ?? 0;
    for (const by_ms of [86_400_000, -2 * 86_400_000]) {
      clock.jumpWall(by_ms);
      clock.advance(500);
    }
    expect((look(7)?.age_s ?? 0) - before).to.be.closeTo(1, 0.001);
  });

  it('is as old as it is where it was started after a suspend, in which the clock of timers stands still', () => {
    using proc = new FakeProc();
    const clock: VirtualClock & Pick<Clock, 'uptime'> = new VirtualClock();
    let suspended_ms = 0;
    clock.uptime = () => clock.now() + suspended_ms;
    using sampler = new ProcessSampler({ clock, reader: new ProcReader({ root: proc.root }) });
    const age_s = (pid: number): number => sampler.sample([pid]).get(pid)?.age_s ?? expect.fail('it is gone');
    proc.put(7, 'before', { start: 100 });
    const before_s = age_s(7);
    suspended_ms = 3_600_000;
    clock.jumpWall(suspended_ms);
    proc.put(8, 'after', { start: 100 + suspended_ms / 10 });
    expect([age_s(7) - before_s, age_s(8) - before_s]).to.deep.equal([3600, 0]);
  });

  it('spans at least half a second, however often somebody looks', () => {
    using proc = new FakeProc();
    const { clock, sampler, look } = open(proc);
    using _ = sampler;
    proc.put(7, 'busy', { ticks: 0 });
    look(7);
    clock.advance(1000);
    proc.put(7, 'busy', { ticks: 100 });
    expect(look(7)?.cpu_percent).to.equal(100);
    clock.advance(10);
    expect(look(7)?.cpu_percent).to.be.closeTo(99, 0.1);
  });

  it('begins anew with a process that was given the number of another, and names what executes something else', () => {
    using proc = new FakeProc();
    const { clock, sampler, look } = open(proc);
    using _ = sampler;
    proc.put(7, 'old', { ticks: 500, start: 100 });
    look(7);
    clock.advance(1000);
    proc.put(7, 'new', { ticks: 900, start: 90_000 });
    expect(look(7)).to.include({ cpu_percent: 0, cmdline: 'new', create_time_s: BOOT_S + 900 });
    proc.put(7, 'newer', { ticks: 900, start: 90_000 });
    expect(look(7)?.cmdline).to.equal('newer');
  });

  it('leaves out what is gone and what only waits to be reaped', () => {
    using proc = new FakeProc();
    const { sampler } = open(proc);
    using _ = sampler;
    proc.put(7, 'here');
    proc.put(8, 'ended', { state: 'Z' });
    proc.put(9, 'leaves');
    expect([...sampler.sample([7, 8, 9, 10]).keys()]).to.deep.equal([7, 9]);
    proc.remove(9);
    expect([...sampler.sample([7, 8, 9, 10]).keys()]).to.deep.equal([7]);
  });
});

describe('process statistics: ps', () => {
  const TEXT = [
    '    1     0 S   0   9000  20000     01:02:03  2-00:00:10 root     /sbin/init --x',
    '   50     1 R  -5   1024   4096      0:01.50       00:20 dæmon   node server.js',
    '   51    50 Z   0      0      0      0:00.00       00:05 root     <defunct>',
    'nonsense',
  ].join('\n');

  it('reads both forms of times, and sizes in kilobytes', () => {
    const [init, node] = parsePs(TEXT, 1_000_000);
    expect(init).to.include({ pid: 1, cpu_s: 3723, create_time_s: 1_000_000 - 2 * 86_400 - 10, cmdline: 'init' });
    expect(node).to.include({ ppid: 1, nice: -5, cpu_s: 1.5, rss_bytes: 1_048_576, vms_bytes: 4_194_304, username: 'dæmon' });
    expect(parsePs(TEXT, 0)).to.have.length(3);
  });

  it('asks once for each round, and keeps to the time of starting that it was told first', () => {
    const clock = new VirtualClock();
    let asked = 0;
    const reader = new PsReader(
      () => clock.wall(),
      () => {
        asked++;
        return TEXT;
      },
    );
    using sampler = new ProcessSampler({ clock, reader });
    const first = sampler.sample([1, 50, 51, 99], { children: 'all' });
    expect([...first.keys()]).to.deep.equal([1, 50]);
    expect(first.get(1)?.children.map(({ pid }) => pid)).to.deep.equal([50]);
    expect(asked).to.equal(1);
    const { create_time_s } = { ...first.get(50) };
    clock.advance(900);
    expect(sampler.sample([50]).get(50)?.create_time_s).to.equal(create_time_s);
  });
});

describe("process statistics: Circus's words", () => {
  it('writes bytes as Circus does', () => {
    expect([0, 1023, 1024, 3_355_443, 5 * 1024 ** 3].map(humanBytes)).to.deep.equal(['0B', '1023B', '1.00K', '3.20M', '5.00G']);
  });

  it('writes processor time as minutes, seconds and hundredths', () => {
    expect([0, 0.29, 59.999, 61.5, 3600].map(cpuTime)).to.deep.equal(['0:00.00', '0:00.29', '0:59.99', '1:01.50', '60:00.00']);
  });

  it('has memory as percent with three decimals, and children one level deep', () => {
    const sample = (pid: number, children: readonly ProcessSample[]): ProcessSample => ({
      pid,
      ppid: 1,
      cmdline: 'x',
      username: 'root',
      nice: 0,
      cpu_percent: 1.5,
      cpu_s: 1,
      rss_bytes: 3333,
      vms_bytes: 5000,
      create_time_s: 10,
      age_s: 5,
      children,
    });
    const info = processInfo(sample(1, [sample(2, [sample(3, [])])]), 1_000_000);
    expect(info).to.include({ pid: 1, mem: 0.333, cpu: 1.5, ctime: '0:01.00', age: 5, create_time: 10, mem_info1: '3.25K' });
    expect(info.children).to.have.length(1);
    expect(info).to.have.nested.property('children[0].children').that.deep.equals([]);
  });
});
