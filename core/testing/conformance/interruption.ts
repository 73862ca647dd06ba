import type { Site } from './observer.js';

/** So many turns of the promises after the call come first, then turns of the event loop. */
const MICROTASKS = 24;

/** Where a plugin is closed: within a call (step 0), or so many steps after one that has returned a promise. */
export interface Point {
  readonly site: Site;
  readonly step: number;
}

/** Acts once, at one point of a plugin's life. */
export class Interruption {
  readonly #point: Point;
  readonly #act: () => void;
  #begun = false;
  /** Whether the point was there: false where the plugin was not called, or was ready before. */
  reached = false;

  constructor(point: Point, act: () => void) {
    this.#point = point;
    this.#act = act;
  }

  called(site: Site, result: unknown): void {
    const { step } = this.#point;
    if (this.#begun || site !== this.#point.site || (step > 0 && result === undefined)) return;
    this.#begun = true;
    if (step === 0) this.#reach();
    else void this.#wait(result as PromiseLike<unknown>, step);
  }

  async #wait(result: PromiseLike<unknown>, steps: number): Promise<void> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    result.then(settle, settle);
    for (let step = 1; step <= steps && !settled; step++) {
      if (step <= MICROTASKS) await undefined;
      else await new Promise((resolve) => setImmediate(resolve));
    }
    if (!settled) this.#reach();
  }

  #reach(): void {
    this.reached = true;
    this.#act();
  }
}
