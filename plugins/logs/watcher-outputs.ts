import { dirname, resolve } from 'node:path';
import {
  type Clock,
  type Logger,
  messageOf,
  OUTPUT_NAMES,
  type OutputName,
  outputOptions,
  type ProcessOutput,
  type WatcherApi,
} from '../../core/index.js';
import { type Arranged, type Asked, arrange, type Destination, destinationOf } from './arrange.js';
import { Channel, type Route } from './channel.js';
import type { HeldLines } from './held-lines.js';
import { Loss, type LossListener } from './loss.js';
import { MemoryOutlet } from './memory-outlet.js';
import { type PluginStreams, withRound } from './plugin-streams.js';
import type { Routes } from './routes.js';
import { Source } from './source.js';
import { Tail } from './tail.js';

/** How long what is left in pipes is read at the end: so many times so long, ms. */
const LAST_TURNS = 10;
const TURN_MS = 10;

export interface WatcherOutputsDeps {
  readonly clock: Clock;
  /** Its timers go on while everything is closed. */
  readonly patient: Clock;
  readonly log: Logger;
  readonly routes: Routes;
  readonly streams: PluginStreams;
  readonly lines: HeldLines;
  readonly longest_line: number;
  /** Bytes of the last output to keep; 0: none. */
  readonly tail: number;
  onLoss(name: OutputName): LossListener;
  /** It was told to close, and nothing is read any more. */
  onClosed(): void;
}

/** What has become of one output of a watcher. */
export interface OutputCounters {
  /** What could not be kept since the watcher is there. */
  readonly lost_bytes: number;
  readonly lost_lines: number;
  /** What waits for a slow destination, that of others who write to it too included. */
  readonly waiting_bytes: number;
}

/** The outputs of one watcher. */
export class WatcherOutputs {
  readonly #watcher: WatcherApi;
  readonly #deps: WatcherOutputsDeps;
  readonly #channels = new Map<OutputName, Channel>();
  readonly #making = new Map<OutputName, { readonly key: string; readonly route: Promise<Route> }>();
  readonly #tail: Tail | null;
  #closing = false;

  constructor(watcher: WatcherApi, deps: WatcherOutputsDeps) {
    this.#watcher = watcher;
    this.#deps = deps;
    this.#tail = deps.tail > 0 ? new Tail(deps.tail, () => deps.clock.wall()) : null;
  }

  /** Where the outputs of a process go that is about to be spawned. @throws RM_OUTPUT_MODULE */
  async prepare(): Promise<{ readonly stdout?: ProcessOutput; readonly stderr?: ProcessOutput }> {
    const arranged = arrange(this.#asked(), this.#tail !== null);
    const channels = new Map<OutputName, Channel>();
    const files = new Map<OutputName, string>();
    for (const one of Object.values(arranged)) {
      if (one.kind !== 'read') continue;
      channels.set(one.channel, await this.#channel(one.channel, one.destination));
      if ('filename' in one.destination) files.set(one.channel, resolve(one.destination.filename));
    }
    const sources = new Map<OutputName, Source>();
    for (const [name, channel] of channels) {
      const source = new Source(channel, this.#deps.lines, this.#deps.longest_line);
      channel.sources.add(source);
      const error = channel.route.target.outlet.wake();
      if (error !== null) this.#deps.log.error(unwritten(`${name} of ${this.#watcher.name}`, files.get(name), error));
      sources.set(name, source);
    }
    const outputs = OUTPUT_NAMES.flatMap((name) => {
      const output = this.#output(arranged[name], sources);
      return output === undefined ? [] : [[name, output] as const];
    });
    return Object.fromEntries(outputs);
  }

  /** Takes over what the options of the watcher say by now, for processes that run too. */
  async refresh(): Promise<void> {
    const asked = this.#asked();
    for (const name of this.#channels.keys()) {
      try {
        await this.#channel(name, destinationOf(name, asked));
      } catch (error) {
        this.#deps.log.error(`${name} of ${this.#watcher.name} goes where it went: ${messageOf(error)}`);
      }
    }
  }

  /** Opens files again. */
  reopen(): void {
    for (const { route } of this.#channels.values()) route.target.reopen();
  }

  /** Lets go of what is open until something is written again. */
  rest(): void {
    for (const { route } of this.#channels.values()) route.target.rest();
  }

  /** The last output: of one stream kept in memory, or what the option `tail` keeps of both; null where nothing is kept. */
  tail(name?: OutputName): Buffer | null {
    const outlets = OUTPUT_NAMES.filter((one) => name === undefined || one === name).map(
      (one) => this.#channels.get(one)?.route.target.outlet,
    );
    const memory = outlets.filter((outlet) => outlet instanceof MemoryOutlet).map((outlet) => outlet.tail.read());
    if (memory.length > 0) return Buffer.concat(memory);
    return this.#tail?.read() ?? null;
  }

  /** Counters of what is read, by output. */
  counters(): Readonly<Record<string, OutputCounters>> {
    const counters = [...this.#channels].map(([name, { loss, route }]) => {
      const { bytes, lines } = loss.total;
      return [name, { lost_bytes: bytes, lost_lines: lines, waiting_bytes: route.target.waiting_bytes }] as const;
    });
    return Object.fromEntries(counters);
  }

  /** What is kept in memory, by the names of the outputs that it is of. */
  kept(): readonly { readonly of: readonly OutputName[]; readonly tail: Tail }[] {
    const memory = OUTPUT_NAMES.flatMap((name) => {
      const outlet = this.#channels.get(name)?.route.target.outlet;
      return outlet instanceof MemoryOutlet ? [{ of: [name], tail: outlet.tail }] : [];
    });
    const rest = OUTPUT_NAMES.filter((name) => !memory.some(({ of }) => of.includes(name)));
    return this.#tail === null || rest.length === 0 ? memory : [...memory, { of: rest, tail: this.#tail }];
  }

  /** Closes when the last process has ended. */
  closeLater(): void {
    this.#closing = true;
    this.#ended();
  }

  /** Closes now; what is not written after a bounded time is lost. */
  async close(): Promise<void> {
    this.#closing = true;
    const channels = [...this.#channels.values()];
    for (const channel of channels) for (const source of channel.sources) source.release();
    await Promise.all(channels.map((channel) => channel.route.release()));
    await this.#readOut();
    for (const { loss } of channels) loss.settle();
  }

  /** What processes that have ended left in their pipes is read, so that it is counted; those that are open still are not waited for. */
  async #readOut(): Promise<void> {
    for (let turn = 0; turn < LAST_TURNS && this.#reading(); turn++) {
      await new Promise<void>((resolved) => void this.#deps.patient.setTimeout(resolved, TURN_MS));
    }
  }

  #reading(): boolean {
    return [...this.#channels.values()].some(({ sources }) => sources.size > 0);
  }

  #asked(): Readonly<Record<OutputName, Asked>> {
    const { spec } = this.#watcher;
    const { streams } = this.#deps;
    return {
      stdout: { options: withRound(outputOptions(spec, 'stdout'), streams), closed: spec.close_child_stdout },
      stderr: { options: withRound(outputOptions(spec, 'stderr'), streams), closed: spec.close_child_stderr },
    };
  }

  /** The channel of that name, on the way to that destination. */
  async #channel(name: OutputName, destination: Destination): Promise<Channel> {
    const key = JSON.stringify(destination);
    let making = this.#making.get(name);
    if (making?.key !== key) {
      making = { key, route: this.#deps.routes.make(destination, this.#watcher.name, name) };
      this.#making.set(name, making);
    }
    const { route: promised } = making;
    let route: Route;
    try {
      route = await promised;
    } catch (error) {
      if (this.#making.get(name) === making) this.#making.delete(name);
      throw error;
    }
    const latest = this.#making.get(name) === making;
    const channel = this.#channels.get(name) ?? this.#newChannel(name, route);
    if (channel.route !== route) {
      const unwanted = latest ? channel.route : route;
      if (latest) channel.route = route;
      await unwanted.release();
    }
    return channel;
  }

  #newChannel(name: OutputName, route: Route): Channel {
    const { clock } = this.#deps;
    const loss = new Loss(clock, this.#deps.onLoss(name));
    const channel = new Channel({ watcher: this.#watcher.name, name, loss, tail: this.#tail, route }, () => this.#ended());
    this.#channels.set(name, channel);
    return channel;
  }

  #output(arranged: Arranged, sources: ReadonlyMap<OutputName, Source>): ProcessOutput | undefined {
    switch (arranged.kind) {
      case 'own':
        return undefined;
      case 'null':
        return 'null';
      case 'fd':
        return { fd: arranged.fd };
      case 'direct':
        return { append_to: resolve(arranged.filename) };
      case 'read':
        return sources.get(arranged.channel);
    }
  }

  #ended(): void {
    if (!this.#closing || this.#reading()) return;
    void this.close();
    this.#deps.onClosed();
  }
}

function unwritten(output: string, file: string | undefined, errno: string): string {
  const hint = errno === 'ENOENT' && file !== undefined ? `; make the directory ${dirname(file)}` : '';
  return `${output} can't be written${file === undefined ? '' : ` to ${file}`}: ${errno}${hint}`;
}
