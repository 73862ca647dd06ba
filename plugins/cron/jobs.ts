import { type Logger, messageOf, type PluginContext, type WatcherApi } from '../../core/index.js';
import { type Due, type Job, look, readJobs } from './policy.js';
import type { Options, schema } from './schema.js';

type Context = Pick<PluginContext<typeof schema>, 'supervisor' | 'clock' | 'log' | 'configFor'>;

interface Entry {
  readonly options: Options;
  readonly jobs: readonly Job[];
  readonly due: Map<string, Due>;
  /** Jobs whose action has not ended. */
  readonly busy: Set<string>;
}

/** The jobs of all watchers: when each is due, and which one is at work. */
export class Jobs {
  readonly #context: Context;
  readonly #log: Logger;
  readonly #entries = new Map<WatcherApi, Entry>();

  constructor(context: Context) {
    this.#context = context;
    this.#log = context.log;
  }

  /** Does what is due. Returns when the next one is, milliseconds since the epoch; null where none is. */
  run(): number | null {
    const { supervisor, clock } = this.#context;
    const watchers = supervisor.watchers();
    for (const watcher of this.#entries.keys()) if (!watchers.includes(watcher)) this.#entries.delete(watcher);
    let next: number | null = null;
    for (const watcher of watchers) {
      const entry = this.#entry(watcher);
      for (const job of entry?.jobs ?? []) {
        const due_ms = this.#look(watcher, entry, job, clock.wall());
        if (due_ms !== null && (next === null || due_ms < next)) next = due_ms;
      }
    }
    return next;
  }

  #look(watcher: WatcherApi, entry: Entry | undefined, job: Job, wall_ms: number): number | null {
    if (entry === undefined) return null;
    const { due, verdict } = look(job, entry.due.get(job.name), wall_ms);
    entry.due.set(job.name, due);
    const fields = { watcher: watcher.name, job: job.name, action: job.action };
    if (verdict === 'missed') this.#log.warn('the time of a job passed unnoticed, it is skipped', fields);
    if (verdict !== 'run') return due.due_ms;
    if (entry.busy.has(job.name)) {
      this.#log.warn('a job is skipped, because its last run has not ended', fields);
      return due.due_ms;
    }
    entry.busy.add(job.name);
    this.#act(watcher, job, fields)
      .catch((cause: unknown) => this.#log.error(`a job failed: ${messageOf(cause)}`, fields))
      .finally(() => entry.busy.delete(job.name));
    return due.due_ms;
  }

  async #act(watcher: WatcherApi, job: Job, fields: Readonly<Record<string, string>>): Promise<void> {
    const stopped = watcher.status === 'stopped';
    if (job.action === 'run' && watcher.spec.respawn) {
      this.#log.error('a job is left out: the action run needs a watcher with respawn false', fields);
      return;
    }
    if (job.action === 'run' && !stopped) {
      this.#log.warn('a job is skipped, because its last run has not ended', fields);
      return;
    }
    if (stopped && job.action !== 'start' && job.action !== 'run') {
      this.#log.info('a job is left out: the watcher is stopped', fields);
      return;
    }
    this.#log.info('a job is due', fields);
    if (job.action === 'signal') {
      watcher.signal(job.signal);
      return;
    }
    const outcome = await watcher[job.action === 'run' ? 'start' : job.action]();
    if (outcome.instead !== undefined) this.#log.warn(`a job came to something else: ${outcome.instead}`, fields);
  }

  /** Reads a watcher's options again where they are others than before; what is due stays for jobs that are the same. */
  #entry(watcher: WatcherApi): Entry | undefined {
    const options = this.#context.configFor(watcher);
    const before = this.#entries.get(watcher);
    if (options === null) {
      this.#entries.delete(watcher);
      return undefined;
    }
    if (before?.options === options) return before;
    const { jobs, problems } = readJobs(options, watcher.name);
    for (const { job, why } of problems) this.#log.error(`job ${job} is left out: ${why}`, { watcher: watcher.name });
    const kept = jobs.filter((job) => before?.jobs.some((old) => old.name === job.name && isSameTime(old, job)));
    const due = new Map(kept.flatMap(({ name }) => (before?.due.has(name) ? [[name, before.due.get(name) as Due] as const] : [])));
    const entry: Entry = { options, jobs, due, busy: before?.busy ?? new Set() };
    this.#entries.set(watcher, entry);
    return entry;
  }
}

function isSameTime(a: Job, b: Job): boolean {
  return a.schedule === b.schedule && a.zone.name === b.zone.name;
}
