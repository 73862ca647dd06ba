import type { OutputName, WhenSlow } from '../../core/index.js';
import type { LineFormat } from './line-format.js';
import type { Loss } from './loss.js';
import { MemoryOutlet } from './memory-outlet.js';
import type { Source } from './source.js';
import type { Tail } from './tail.js';
import type { Target } from './target.js';

/** Where an output goes at present, and in which form. */
export interface Route {
  readonly target: Target;
  readonly format: LineFormat | null;
  readonly when_slow: WhenSlow;
  /** The options that this was made of, as JSON. */
  readonly key: string;
  /** Gives the target back; resolves when nothing waits in it any more, or it was given up. */
  release(): Promise<void>;
}

/** One output of one watcher: what all of its processes write goes through here, wherever that is at present. */
export class Channel {
  readonly watcher: string;
  readonly name: OutputName;
  readonly loss: Loss;
  readonly sources = new Set<Source>();
  readonly #tail: Tail | null;
  readonly #ended: () => void;
  route: Route;

  constructor(
    { watcher, name, loss, tail, route }: { watcher: string; name: OutputName; loss: Loss; tail: Tail | null; route: Route },
    ended: () => void,
  ) {
    this.watcher = watcher;
    this.name = name;
    this.loss = loss;
    this.#tail = tail;
    this.#ended = ended;
    this.route = route;
  }

  get format(): LineFormat | null {
    return this.route.format;
  }

  get when_slow(): WhenSlow {
    return this.route.when_slow;
  }

  write(bytes: Buffer, source: Source): void | Promise<void> {
    if (!(this.route.target.outlet instanceof MemoryOutlet)) this.#tail?.add(bytes);
    return this.route.target.write(bytes, source);
  }

  ended(source: Source): void {
    this.sources.delete(source);
    this.route.target.finish(source);
    this.#ended();
  }
}
