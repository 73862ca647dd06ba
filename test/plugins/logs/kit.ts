import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AnyPlugin, Supervisor, type SupervisorEvent, type WatcherApi } from '../../../core/index.js';
import { eventually, type LogLine, recordEvents, recordingLogger } from '../../../core/testing.js';
import logs from '../../../plugins/logs/index.js';

/** A script under test/fixtures/children. */
export const script = (name: string): string => resolve('test/fixtures/children', name);

export const directory = (): string => mkdtempSync(join(tmpdir(), 'ringmaster-logs-'));

/** Files of a directory and what is in them, by name in order. */
export function contents(at: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(at)
      .sort()
      .map((name) => [name, readFileSync(join(at, name), 'latin1')]),
  );
}

/** A supervisor with the logs plugin, real processes, and a directory that goes away with it. */
export class LogRig implements AsyncDisposable {
  readonly at = directory();
  readonly record = recordEvents();
  readonly lines: LogLine[] = [];
  readonly supervisor: Supervisor;

  constructor(watchers: (at: string) => Readonly<Record<string, object>>, options: object = {}, plugins: readonly AnyPlugin[] = []) {
    const env = { PATH: process.env.PATH ?? '' };
    const named = Object.entries(watchers(this.at)).map(([name, watcher]) => [name, { cmd: process.execPath, env, ...watcher }]);
    this.supervisor = new Supervisor(
      { watchers: Object.fromEntries(named), plugins: { logs: options } },
      { plugins: [this.record.plugin, logs, ...plugins], log: recordingLogger(this.lines) },
    );
  }

  static async start(watchers: (at: string) => Readonly<Record<string, object>>, options?: object): Promise<LogRig> {
    const rig = new LogRig(watchers, options);
    await rig.supervisor.start();
    return rig;
  }

  watcher(name = 'web'): WatcherApi {
    const watcher = this.supervisor.find(name);
    if (watcher === undefined) throw new Error(`there is no watcher ${name}`);
    return watcher;
  }

  text(name: string): string {
    return readFileSync(join(this.at, name), 'latin1');
  }

  /** Waits until a file is as `wanted`. */
  reads(name: string, wanted: RegExp): Promise<unknown> {
    return eventually(() => wanted.test(this.text(name)), { what: `${name} to be ${wanted}` });
  }

  events(name: string): readonly SupervisorEvent[] {
    return this.record.events.filter((event) => event.name === name);
  }

  /** Waits until a watcher without `respawn` has come to its end, output included. */
  async ended(name = 'web'): Promise<void> {
    await eventually(() => this.record.names(name).includes('stop'), { deadline_ms: 30_000, what: `${name} to stop` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop();
    rmSync(this.at, { recursive: true, force: true });
  }
}

/** What is wrong with numbered lines of several processes: each is to be there once, whole, in order for its process. */
export function faults(text: string, count: number, filler: string): readonly string[] {
  const next = new Map<string, number>();
  const wrong: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const [, pid = '', number = '', rest] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
    if (rest !== filler) wrong.push(`torn: ${line}`);
    else if (Number(number) !== (next.get(pid) ?? 0)) wrong.push(`${pid}: ${number} after ${(next.get(pid) ?? 0) - 1}`);
    next.set(pid, Number(number) + 1);
  }
  for (const [pid, number] of next) if (number !== count) wrong.push(`${pid}: ends at ${number} of ${count}`);
  return wrong.slice(0, 5);
}
