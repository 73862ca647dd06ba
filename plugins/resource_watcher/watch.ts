import { messageOf, type Outcome, type PluginContext, type StatsdClients, type StatsdPool, type WatcherApi } from '../../core/index.js';
import { type Counts, counterOf, countLook, type Excess, excessesOf, type Subject, subjectsOf } from './policy.js';
import type { Options, schema } from './schema.js';
import type { UsageSource } from './usage.js';

type Context = Pick<PluginContext<typeof schema>, 'config' | 'configFor' | 'supervisor' | 'clock' | 'log' | 'emit'>;

/** What is remembered of one watcher. */
interface Memory {
  due_ms: number;
  counts: Map<string, Counts>;
}

/** Looks after watchers, each at its own rate. */
export class ResourceWatch {
  readonly #context: Context;
  readonly #usage: UsageSource;
  readonly #statsd: StatsdPool;
  readonly #memories = new Map<WatcherApi, Memory>();

  constructor(context: Context, usage: UsageSource, clients: StatsdClients) {
    this.#context = context;
    this.#usage = usage;
    this.#statsd = clients.pool();
  }

  /** Looks at those whose turn it is. Returns when the next one is, on the clock; null where there is none to look after. */
  run(): number | null {
    const { supervisor, clock } = this.#context;
    const now_ms = clock.now();
    const watchers = supervisor.watchers();
    for (const watcher of this.#memories.keys()) if (!watchers.includes(watcher)) this.#memories.delete(watcher);
    for (const watcher of watchers) {
      const options = this.#optionsFor(watcher);
      if (options === null) {
        this.#memories.delete(watcher);
        continue;
      }
      const memory = this.#memories.get(watcher);
      if (memory === undefined) this.#memories.set(watcher, { due_ms: now_ms + options.loop_rate * 1000, counts: new Map() });
      else if (memory.due_ms <= now_ms) {
        memory.due_ms = now_ms + options.loop_rate * 1000;
        this.#look(watcher, memory, options);
      }
    }
    const dues = [...this.#memories.values()].map(({ due_ms }) => due_ms);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  close(): Promise<void> {
    return this.#statsd.close();
  }

  #optionsFor(watcher: WatcherApi): Options | null {
    const options = this.#context.configFor(watcher);
    if (options === null) return null;
    const only = options.watcher ?? options.service;
    const isAsked = only === null || only.toLowerCase() === watcher.name.toLowerCase();
    return isAsked || typeof watcher.spec.plugins.resource_watcher === 'object' ? options : null;
  }

  #look(watcher: WatcherApi, memory: Memory, options: Options): void {
    // One that starts or stops is about to have other processes.
    const living = watcher.status === 'active' ? watcher.processes().filter(({ stopping }) => !stopping) : [];
    const processes = this.#usage.look(
      living.map(({ pid }) => pid),
      options,
    );
    const counts = new Map<string, Counts>();
    for (const subject of subjectsOf(processes, options)) {
      const excesses = excessesOf(subject, options);
      for (const { limit } of excesses) this.#count(watcher, counterOf(limit), options);
      const result = countLook(memory.counts.get(subject.key) ?? {}, excesses, options.max_count);
      counts.set(subject.key, result.counts);
      if (result.tripped !== null) this.#act(watcher, subject, result.tripped, options);
    }
    memory.counts = counts;
  }

  #count(watcher: WatcherApi, what: string, options: Options): void {
    this.#statsd.to(options).increment(`_resource_watcher.${watcher.name}.${what}`);
  }

  #act(watcher: WatcherApi, subject: Subject, { limit, allowed, found }: Excess, options: Options): void {
    const { log, emit, clock } = this.#context;
    const action = subject.kind === 'child' ? 'signal' : options.action;
    const [pid] = subject.pids;
    const process_pid = subject.kind === 'watcher' ? {} : { process_pid: pid ?? 0 };
    const fields = { watcher: watcher.name, limit, allowed, found, action, ...process_pid };
    log.warn(`${limit} was passed more than ${options.max_count} times in a row`, fields);
    // Circus's word, whatever is done.
    this.#count(watcher, 'restarting', options);
    emit(watcher.name, 'limit_exceeded', { time: clock.wall() / 1000, limit, allowed, found, action, ...process_pid });
    this.#do(watcher, subject, action, options).catch((cause: unknown) => log.error(`${action} failed: ${messageOf(cause)}`, fields));
  }

  async #do(watcher: WatcherApi, { kind, pids, parent }: Subject, action: Options['action'], options: Options): Promise<void> {
    if (action === 'restart') this.#tell(watcher, await watcher.restart());
    else if (action === 'replace') await Promise.all(pids.map((pid) => watcher.kill({ pid })));
    else if (action === 'signal' && kind === 'child') {
      const [child_pid = 0] = pids;
      watcher.signal(options.child_signal, { pid: parent ?? 0, child_pid });
    } else if (action === 'signal') for (const pid of pids) watcher.signal(options.signal, { pid });
  }

  #tell(watcher: WatcherApi, { instead }: Outcome): void {
    if (instead !== undefined) this.#context.log.warn(`the restart came to something else: ${instead}`, { watcher: watcher.name });
  }
}
