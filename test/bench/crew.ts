import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Contender, Sample, Scale } from './figure.js';
import { isThere, type Peer, type Work } from './peers.js';
import { type Begun, Place, until } from './place.js';
import { cpuMs, familyWithout, signal } from './processes.js';

/** A supervisor of any kind with its workers, all of which are gone when it is disposed of. */
export class Crew implements AsyncDisposable {
  readonly place: Place;
  readonly started_ms: number;
  readonly #peer: Peer;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(peer: Peer, place: Place, work: Work) {
    this.#peer = peer;
    this.place = place;
    this.started_ms = performance.now();
    this.#child = peer.start(place, work);
    this.#ended = once(this.#child, 'exit');
    live.add(this);
  }

  /** Starts it and waits until every worker has begun. */
  static async start(peer: Peer, work: Work): Promise<Crew> {
    const place = new Place();
    peer.prepare(place, work);
    const crew = new Crew(peer, place, work);
    try {
      await crew.place.begun(work.workers);
    } catch (error) {
      await crew[Symbol.asyncDispose]();
      throw new Error(`${peer.name} has not started ${work.workers} workers`, { cause: error });
    }
    return crew;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get workers(): readonly Begun[] {
    return this.place.all();
  }

  /** The processes that supervise. */
  get overhead(): readonly number[] {
    return familyWithout(this.pid, new Set(this.workers.map(({ pid }) => pid)));
  }

  /** Processor time of those that supervise, so far. */
  get cpu_ms(): number {
    return this.overhead.reduce((sum, pid) => sum + cpuMs(pid), 0);
  }

  /** Asks for the end of all, and waits until no worker is left; ms that it took. */
  async stop(): Promise<number> {
    const left = this.workers.map(({ pid }) => pid);
    const begin_ms = performance.now();
    this.#child.kill(this.#peer.stop);
    await until(() => {
      while (left.length > 0 && !signal(left.at(-1) ?? 0, 0)) left.pop();
      return left.length === 0;
    }, 'end of the workers');
    return performance.now() - begin_ms;
  }

  /** Ends everything at once, without waiting for it. */
  kill(): void {
    live.delete(this);
    // Those that supervise first, or they would replace the others; they are found from the top, so they are held still before.
    const family = this.overhead;
    for (const pid of family) signal(pid, 'SIGSTOP');
    for (const pid of [...family, ...this.overhead]) signal(pid, 'SIGKILL');
    for (const { pid } of this.workers) signal(pid, 'SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
    this.place[Symbol.dispose]();
  }
}

const live = new Set<Crew>();

/** For a bench that is interrupted. */
export function endAll(): void {
  for (const crew of live) {
    crew.kill();
    crew.place[Symbol.dispose]();
  }
}

/** The same done with every supervisor that is installed, in each shape that it knows. */
export function crews(peers: readonly Peer[], workers: number, measure: (crew: Crew) => Promise<Sample>): readonly Contender[] {
  return peers.filter(isThere).flatMap((peer) =>
    peer.shapes.map((shape) => ({
      name: titleOf(peer, shape),
      measure: async () => {
        await using crew = await Crew.start(peer, { workers, shape });
        return await measure(crew);
      },
    })),
  );
}

/** Where a supervisor knows both shapes, its name is that with one service of all. */
const titleOf = (peer: Peer, shape: Work['shape']): string =>
  peer.shapes.length > 1 && shape === 'many' ? `${peer.name}, one each` : peer.name;

export const workersOf = (scale: Scale): number => scale.count(1000, 10);
